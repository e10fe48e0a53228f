"""The built site in a real browser, from the disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from catalog.policy.recommend import recommend
from catalog.site import preview
from tests.site.browser import errors, missing, start
from tests.site.catalogue import hostile, notes, other

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing(), reason="Chromium or its driver is not installed"),
]
PASTE_AREA = "const a = document.createElement('textarea'); a.id = 'paste'; document.body.append(a);"
KINDS = (
    "index.html", "servers/npm-notes/index.html", "servers/npm-notes/manage_note.html",
    "servers/npm-notes/send_note.html",
    "servers/index.html", "risk/index.html", "risk/critical.html", "capability/communicate.html", "exfiltration.html",
    "attacks/index.html", "attacks/rug-pull.html", "changes.html", "report.html", "about.html", "search.html?q=note",
    "404.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Iterator[object]:
    running = start(tmp_path_factory.mktemp("chromium"))
    yield running
    running.quit()


def by_css(driver, selector: str):
    return driver.find_element("css selector", selector)


def test_from_the_front_page_to_a_tool_and_its_policy_is_copied(driver, built) -> None:
    site = built(notes(), other())
    driver.get((site / "index.html").as_uri())
    driver.find_element("link text", "Notes").click()
    driver.find_element("link text", "manage_note").click()
    shown = by_css(driver, "#policy code").get_attribute("textContent")
    by_css(driver, "#policy [data-copy]").click()
    WebDriverWait(driver, 5).until(lambda d: "Copied" in by_css(d, "#policy [data-copy]").text)
    driver.execute_script(PASTE_AREA)
    by_css(driver, "#paste").send_keys(Keys.CONTROL, "v")
    tool, label = notes()[0].tools[1], notes()[1][1]
    assert json.loads(shown) == recommend("npm-notes", [(tool, label)]).to_json()
    assert by_css(driver, "#paste").get_attribute("value") == shown
    assert errors(driver) == []


def test_hostile_pages_run_nothing(driver, built) -> None:
    site = built(hostile())
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        driver.get(page.as_uri())
        assert driver.title != "owned"
        assert errors(driver) == [], Path(page)
    assert len(pages) >= 8


def searched(driver, turn: str) -> list[str]:
    """The names that the search shows once it has answered again after `turn`."""
    WebDriverWait(driver, 10).until(lambda d: by_css(d, "#search-state").get_attribute("data-turn") not in (None, turn))
    return [link.text for link in driver.find_elements("css selector", "#results a")]


@pytest.mark.parametrize("served", [False, True], ids=["from the disk", "over HTTP"])
def test_search_finds_a_tool_by_a_word_of_its_description_and_filters_by_risk(driver, built, served) -> None:
    site = built(notes(), other())
    with preview.server(site, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{running.server_port}" if served else site.as_uri()
        driver.get(f"{root}/index.html")
        driver.find_element("tag name", "body").send_keys("/")
        driver.switch_to.active_element.send_keys("nightly", Keys.ENTER)
        WebDriverWait(driver, 10).until(lambda d: "search.html" in d.current_url)
        assert searched(driver, "") == ["check_status"]
        field = by_css(driver, "#q")
        turn = by_css(driver, "#search-state").get_attribute("data-turn")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("note")
        assert set(searched(driver, turn)) == {"manage_note", "send_note", "check_status"}
        turn = by_css(driver, "#search-state").get_attribute("data-turn")
        by_css(driver, "[value=critical]").click()
        assert searched(driver, turn) == ["manage_note"]
        field.send_keys(Keys.ARROW_DOWN)
        driver.switch_to.active_element.send_keys(Keys.ENTER)
        WebDriverWait(driver, 10).until(lambda d: "manage_note.html" in d.current_url)
        assert errors(driver) == []
        running.shutdown()


def test_nothing_found_does_not_read_as_safe(driver, built) -> None:
    driver.get(f"{built(notes()).as_uri()}/search.html?q=zzzunheard")
    WebDriverWait(driver, 10).until(lambda d: "does not make it safe" in by_css(d, "#search-state").text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_reports_no_violation_on_any_page_kind(driver, built, scheme) -> None:
    axe = pytest.importorskip("axe_core_python.base", reason="axe-core-python is not installed")
    site = built(notes(), other())
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for page in KINDS:
        driver.get(f"{site.as_uri()}/{page}")
        driver.execute_script(axe.AXE_FILE_PATH.read_text("utf-8"))
        tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        found = driver.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", tags)
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found["violations"]] == [], page
        assert found["passes"]


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_is_wider_than_the_window(driver, built, width) -> None:
    site = built(notes(), other(), hostile())
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    pages = [*KINDS, *(str(p.relative_to(site)) for p in sorted(site.glob("servers/hostile/*.html")))]
    assert len(pages) > 20
    for page in pages:
        driver.get(f"{site.as_uri()}/{page}")
        assert driver.execute_script(wide) == 0, page
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
