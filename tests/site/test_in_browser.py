"""The built site in a real browser, from the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from catalog.policy.recommend import recommend
from tests.site.catalogue import hostile, notes, other

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")),
        reason="Chromium or its driver is not installed",
    ),
]
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

PASTE_AREA = "const a = document.createElement('textarea'); a.id = 'paste'; document.body.append(a);"


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Iterator[object]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield running
    running.quit()


def by_css(driver, selector: str):
    return driver.find_element("css selector", selector)


def errors(driver) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


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
