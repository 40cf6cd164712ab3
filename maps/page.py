"""The shell every worker's page shares: templates with autoescape, versioned assets, words by language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geo.bilingual import Lang
from geo.heat import HeatNotice
from geo.holidays import HolidayCalendar
from geo.opening_hours import DEFAULT_TIMEZONE
from geo.report_rules import Doubt
from maps.assets import ASSETS_DIR, static_url
from maps.texts import say

MAPS_DIR = Path(__file__).resolve().parent
_SPRITE_MARK = "<!--sprite-->"


@dataclass(frozen=True)
class PageView:
    """What a page needs to know of the installation it runs in."""

    zone: ZoneInfo = DEFAULT_TIMEZONE
    public_url: str = ""
    holidays: HolidayCalendar | None = None
    map_review_number: str | None = None
    asset_url: Callable[[str], str] = static_url
    stamp: str = ""
    """Version of the register shown, for the offline copy."""
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    """Stations in doubt by workers' reports, by id."""
    heat: HeatNotice | None = None
    """The heat step in force."""
    tiles: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Tiles under the finder's map, as address and Leaflet's options; none unless a setting asks for them."""


def as_json_block(value: object) -> Markup:
    r"""Return JSON that is inert inside ``<script type="application/json">``.

    >>> str(as_json_block("</script>"))
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - every character that could end the block is escaped above


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(MAPS_DIR / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json_block"] = as_json_block
    return environment


@lru_cache(maxsize=1)
def _symbols() -> tuple[str, dict[str, str]]:
    """Return the opening tag of the icon sprite and its symbols by name."""
    text = (ASSETS_DIR / "sprite.svg").read_text(encoding="utf-8")
    found = {match[1]: match[0] for match in re.finditer(r'<symbol id="i-([\w-]+)".*?</symbol>', text)}
    return text.splitlines()[0], found


@lru_cache(maxsize=1)
def _icon_data() -> Markup:
    """Return the icon as an address that holds it: a page asks for one file less."""
    text = (ASSETS_DIR / "icon.svg").read_text(encoding="utf-8").strip().replace('"', "'")
    return Markup("data:image/svg+xml," + quote(text, safe=" ='/:,"))  # noqa: S704 - our own file


def _with_sprite(html: str) -> str:
    """Return the page with the symbols its icons name, and no others."""
    opening, symbols = _symbols()
    used = sorted(set(re.findall(r'<use href="#i-([\w-]+)"', html)))
    return html.replace(_SPRITE_MARK, opening + "".join(symbols[name] for name in used) + "</svg>", 1)


def render(template: str, view: PageView, lang: Lang, context: Mapping[str, Any]) -> str:
    """Return a page from a template of ``maps/templates`` with the words of ``lang``."""
    html = (
        _environment()
        .get_template(template)
        .render(
            **context,
            lang=lang,
            html_lang="en" if lang == "en" else "zh-CN",
            t=partial(say, lang),
            asset=view.asset_url,
            map_review_number=view.map_review_number,
            home="/?lang=en" if lang == "en" else "/",
            icon_data=_icon_data(),
            suffix="?lang=en" if lang == "en" else "",
        )
    )
    return _with_sprite(html)


def render_error(
    status: int, lang: Lang = "zh", *, view: PageView | None = None, station: bool = False
) -> str:
    """Return the page for an error: words for a worker and a way on, nothing of the inside.

    ``station`` tells that a station was asked for, whose page may be gone.
    """
    key = {404: "error_404" if station else "error_page", 503: "error_503"}.get(status, "error_500")
    context = {"title": say(lang, key), "message": say(lang, key), "sample": False, "path": "/"}
    return render("error.html", view or PageView(), lang, context)
