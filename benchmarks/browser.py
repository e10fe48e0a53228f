"""What a reader waits for, in Chromium, with pages from the disk. Needs chromium and chromedriver.

    python benchmarks/browser.py [--tools 20000]

Prints, for pages of each kind, the first contentful paint after each of several loads (the cache of the disk is warm)
with the sum of layout shifts; then for each query, typed into a page just loaded, the time from the key to the list of
results, the page's own 60 ms of patience included.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.site import OBJECTS, WORDS, build, make_store
from tests.site.browser import start

PAINT = """
    const done = arguments[0];
    const sum = (list) => list.filter((e) => !e.hadRecentInput).reduce((total, e) => total + e.value, 0);
    const read = () => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      if (!paint) { requestAnimationFrame(read); return; }
      const watch = new PerformanceObserver(() => {});
      watch.observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done([paint.startTime, sum(watch.takeRecords())]), 300);
    };
    read();
"""
QUERY = """
    const [text, done] = arguments;
    const state = document.getElementById("search-state");
    const field = document.getElementById("q");
    const before = state.dataset.turn;
    const began = performance.now();
    new MutationObserver((_, watch) => {
      if (state.dataset.turn === before) return;
      watch.disconnect();
      requestAnimationFrame(() => done([performance.now() - began, state.textContent]));
    }).observe(state, { attributes: true });
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
"""
QUERIES = (
    OBJECTS[0], WORDS[0], WORDS[40], WORDS[-3], f"delete {OBJECTS[1]}", f"{WORDS[0]} {WORDS[1]} {WORDS[2]}", "cr",
    f"search {OBJECTS[4]} {WORDS[7]}", "nothingofthekind",
)  # fmt: skip


def paints(driver: Any, site: Path, rounds: int) -> None:
    tools = sorted(site.glob("servers/*/*_*.html"))
    pages = {
        "tool": random.Random(1).choices(tools, k=rounds), "server": sorted(site.glob("servers/*/index.html"))[:rounds],
        "front": [site / "index.html"] * rounds, "list": [site / "servers/index.html"] * rounds,
        "report": [site / "report.html"] * rounds, "search": [site / "search.html"] * rounds,
    }  # fmt: skip
    for kind, places in pages.items():
        found = []
        for place in places:
            driver.get(place.as_uri())
            found.append(driver.execute_async_script(PAINT))
        first = sorted(paint for paint, _ in found)
        shift = max(shift for _, shift in found)
        print(f"{kind}: first contentful paint median {statistics.median(first):.0f} ms, most {first[-1]:.0f} ms;"
              f" layout shift {shift:.4f}")  # fmt: skip


def queries(driver: Any, site: Path, rounds: int) -> None:
    for text in QUERIES:
        times, said = [], ""
        for _ in range(rounds):
            driver.get((site / "search.html").as_uri())
            took, said = driver.execute_async_script(QUERY, text)
            times.append(took)
        print(f"search {text!r}: median {statistics.median(times):.0f} ms, most {max(times):.0f} ms; {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--site", type=Path, default=None, help="a site that is there already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        site = given.site or Path(name) / "site"
        if given.site is None:
            make_store(Path(name) / "c.db", given.tools // 20, 20)
            build(Path(name) / "c.db", site)
        driver = start(Path(name) / "profile")
        try:
            paints(driver, site.resolve(), given.rounds)
            queries(driver, site.resolve(), given.rounds)
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
