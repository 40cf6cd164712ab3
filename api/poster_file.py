"""A page as PDF or picture by this machine's Chromium: one at a time, in a bounded time, without network."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from api.errors import ApiError
from maps.assets import style_text

NEEDED = (
    "打印 PDF 要用 Chromium：请安装（Debian: apt install chromium），或把 CARE_CHROMIUM 设为它的路径。\n"
    "Printing to PDF needs Chromium: install it (Debian: apt install chromium), or set CARE_CHROMIUM to its "
    "path.\n"
)
PRINT_LIMIT_S = 30.0
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="/static/([^"?]+)[^"]*"[^>]*>')
_OTHER_LINKS = re.compile(r"<noscript>.*?</noscript>|<link rel=\"(?:icon|manifest|apple-touch-icon)\"[^>]*>")
_ONE_AT_A_TIME = threading.Semaphore(1)


def find_chromium(chosen: str | None) -> str | None:
    """Return the Chromium to print with: the one chosen, else one on ``PATH``; None when there is none."""
    names = (chosen,) if chosen else _NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


def print_pdf(html: str, chromium: str, limit_s: float = PRINT_LIMIT_S) -> bytes:
    """Return ``html``, which loads nothing but our own style sheets, as PDF.

    Raises:
        ApiError: 503, Chromium is busy with another page, failed or took too long.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=limit_s):
        raise ApiError(503, "another page is being printed", {"Retry-After": "5"})
    try:
        with tempfile.TemporaryDirectory(prefix="care-poster-", ignore_cleanup_errors=True) as folder:
            out = Path(folder) / "page.pdf"
            to_pdf = ("--no-pdf-header-footer", f"--print-to-pdf={out}")
            return _made(standing_alone(html), chromium, out, to_pdf, limit_s)
    finally:
        _ONE_AT_A_TIME.release()


def draw_png(html: str, chromium: str, size: tuple[int, int], limit_s: float = PRINT_LIMIT_S) -> bytes:
    """Return a page that loads nothing as a picture of ``size`` px, drawn at twice that.

    Raises:
        ApiError: 503, as for ``print_pdf``.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=limit_s):
        raise ApiError(503, "another page is being printed", {"Retry-After": "5"})
    try:
        with tempfile.TemporaryDirectory(prefix="care-poster-", ignore_cleanup_errors=True) as folder:
            out = Path(folder) / "page.png"
            picture = (
                f"--screenshot={out}",
                f"--window-size={size[0]},{size[1]}",
                "--force-device-scale-factor=2",
                "--hide-scrollbars",
                "--virtual-time-budget=4000",  # ms the page's script may take to draw
            )
            return _made(html, chromium, out, picture, limit_s)
    finally:
        _ONE_AT_A_TIME.release()


def standing_alone(html: str) -> str:
    """Return a page with its style sheets written into it and no other links.

    >>> standing_alone('<link rel="icon" href="/static/icon.svg"><p>x</p>')
    '<p>x</p>'
    """
    html = _OTHER_LINKS.sub("", html)
    return _STYLE_LINK.sub(lambda link: f"<style>{style_text(link[1])}</style>", html)


def _made(html: str, chromium: str, out: Path, wanted: tuple[str, ...], limit_s: float) -> bytes:
    page = out.with_name("page.html")
    page.write_text(html, encoding="utf-8")
    command = [
        chromium,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-extensions",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={out.with_name('profile')}",
        *wanted,
        page.as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses root; the page is our own
    with subprocess.Popen(  # noqa: S603 - a fixed command, nothing of a request in it
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise ApiError(503, "printing took too long", {"Retry-After": "30"}) from None
    if code != 0 or not out.exists():
        raise ApiError(503, "Chromium could not print the page", {"Retry-After": "30"})
    return out.read_bytes()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End Chromium with all its helpers."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
