"""The finder on a cheap phone: largest paint, locate, filter at 400 kbit/s, 300 ms, a 6 times slower CPU.

A real server process and Debian's Chromium, throttled over the DevTools protocol; medians of a few rounds.
Run ``python -m benchmarks.finder``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/machine")]

from playwright.sync_api import Browser, Page  # noqa: E402 - the tests' machine must be on the path first

from browsing import running_browser  # noqa: E402
from serving import LiveServer  # noqa: E402

ROUNDS = 5
BUDGETS_S = {"largest paint": 2.5, "locate → sorted list": 1.0, "filter → repainted": 0.3}
HERE = {"geolocation": {"longitude": 109.0512, "latitude": 34.2762}, "permissions": ["geolocation"]}
_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    done(list.getEntries().pop().startTime / 1000);
}).observe({type: 'largest-contentful-paint', buffered: true}))"""
_TAP = """selector => new Promise(done => { var start = performance.now();
    document.querySelector(selector).click();
    (function wait() { requestAnimationFrame(() => { if (!window.painted) { return wait(); }
        window.painted = false; setTimeout(() => done((performance.now() - start) / 1000)); }); })(); })"""


def one_round(browser: Browser, url: str) -> dict[str, float]:
    """One visit with an empty cache: seconds by what was measured."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block", **HERE)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    _send(wire, "Network.enable")
    speed = 400_000 / 8
    _send(wire, "Network.emulateNetworkConditions", offline=False, latency=300,
          downloadThroughput=speed, uploadThroughput=speed)  # fmt: skip
    _send(wire, "Emulation.setCPUThrottlingRate", rate=6)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(500)
    paint = float(page.evaluate(_PAINT))
    page.evaluate("window.addEventListener('finder:painted', () => { window.painted = true; })")
    found = {"largest paint": paint, "locate → sorted list": _tap(page, "#locate")}
    found["filter → repainted"] = max(_tap(page, "[data-need=water]"), _tap(page, "[data-flag=open]"))
    context.close()
    return found


def _send(wire: Any, method: str, **parameters: Any) -> None:
    wire.send(method, parameters)


def _tap(page: Page, selector: str) -> float:
    return float(page.evaluate(_TAP, selector))


def main() -> None:
    """Print the section of ``RESULTS.md``."""
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        server = LiveServer(Path(folder))
        server.start()
        try:
            rounds = [one_round(browser, server.url) for _ in range(ROUNDS)]
        finally:
            server.close()
    print(f"63 stations, 360×740, {ROUNDS} visits with an empty cache, 400 kbit/s, 300 ms, 6 × slower CPU.\n")
    print("| what | budget | median | worst |\n| --- | --- | --- | --- |")
    for what, budget in BUDGETS_S.items():
        seconds = [one[what] for one in rounds]
        print(f"| {what} | {budget} s | {statistics.median(seconds):.2f} s | {max(seconds):.2f} s |")


if __name__ == "__main__":
    main()
