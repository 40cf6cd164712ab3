"""The service worker that keeps the finder usable without a network after one visit."""

from __future__ import annotations

import hashlib

from maps.page import PageView, render

PLACES_PATH = "/finder/places.json"
OFFLINE_ASSETS = (
    "worker.css",
    "finder.js",
    "worker.js",
    "search.js",
    "report.js",
    "station.css",
    "icon.svg",
    "manifest.webmanifest",
)


def render_service_worker(view: PageView) -> str:
    """Return the script for ``/sw.js``; its text changes with any asset, so browsers take the new one."""
    assets = [view.asset_url(name) for name in OFFLINE_ASSETS]
    config = {
        "version": hashlib.sha256("\n".join(assets).encode()).hexdigest()[:10],
        "assets": assets,
        "pages": ["/", "/?lang=en", PLACES_PATH],
        "data": [PLACES_PATH],
    }
    return render("sw.js", view, "zh", {"config": config})
