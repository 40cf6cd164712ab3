"""The service worker that keeps the finder usable without a network after one visit."""

from __future__ import annotations

import hashlib

from maps.assets import LEAFLET_CSS, LEAFLET_JS, static_url
from maps.page import PageView, render

PLACES_PATH = "/finder/places.json"
GROUND_PATH = "/finder/ground.json"
OFFLINE_ASSETS = (
    "worker.css",
    "finder.js",
    "worker.js",
    "search.js",
    "report.js",
    "links.js",
    "finder_nothing.js",
    "station.css",
    "finder_map.js",
    "finder_map.css",
    "map_labels.js",
    "icon.svg",
    "manifest.webmanifest",
)


def render_service_worker(view: PageView) -> str:
    """Return the script for ``/sw.js``; its text changes with any asset, so browsers take the new one."""
    assets = [view.asset_url(name) for name in OFFLINE_ASSETS]
    assets += [static_url(LEAFLET_CSS), static_url(LEAFLET_JS)]
    config = {
        "version": hashlib.sha256("\n".join(assets).encode()).hexdigest()[:10],
        "assets": assets,
        "pages": ["/", "/?lang=en", PLACES_PATH, GROUND_PATH, f"{GROUND_PATH}?lang=en"],
        "data": [PLACES_PATH, GROUND_PATH],
    }
    return render("sw.js", view, "zh", {"config": config})
