"""Folium without any other host: a map that links Leaflet (and jQuery) from ``/static/`` and nothing else.

Folium's own classes stay as they are: everything different lives in subclasses, so other users of Folium in
the process, and two of these maps beside each other, don't notice.

Text of the register never passes through Folium. Branca compiles each rendered fragment as a template once
more, so a name holding ``{{ … }}`` would be run on the server; and Folium's pop-ups are raw HTML inside
JavaScript. A ``DataLayer`` therefore carries its data beside the script, in a JSON block that can't be
executed, and pop-ups are cloned from templates the autoescaping page rendered.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import folium
from branca.element import Figure
from folium.template import Template

from geo.errors import CareStationError
from maps.assets import JQUERY_JS, LEAFLET_CSS, LEAFLET_JS, static_url

_TILE_HOSTS = {
    "none": (),
    "osm": ("https://tile.openstreetmap.org",),
    "tianditu": tuple(f"https://t{number}.tianditu.gov.cn" for number in range(8)),
}
_CSS_ADDRESS = re.compile(r"""(?:@import\s+(?:url\()?|url\()\s*["']?([^"')\s]+)""", re.IGNORECASE)
_ADDRESS_ATTRIBUTES = {"src", "href", "srcset", "poster", "data", "action", "formaction", "background"}
_SPACE = re.compile(r"\s*\n\s*")


class RemoteAddressError(CareStationError, ValueError):
    """A page that must stand alone names another host."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self.addresses = addresses
        super().__init__(f"the map names other hosts: {', '.join(addresses)}")


@dataclass(frozen=True)
class MapPage:
    """A rendered map and the Content-Security-Policy it must be served with."""

    html: str
    csp: str


class LocalFigure(Figure):
    """The root of a ``LocalMap``: gathers scripts as Folium does, and the layers' data beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}


class LocalMap(folium.Map):
    """A Folium map whose only links are our own static files; ``jquery`` only for Folium's own pop-ups.

    ``center`` is (lon, lat) in WGS-84 degrees. ``key`` makes ids repeatable, so equal data gives an equal
    page; two maps in one document need different keys. The link lists are tuples: ``add_js_link`` fails
    instead of changing every other map.
    """

    default_js: tuple[tuple[str, str], ...] = ()  # type: ignore[assignment]  # immutable on purpose
    default_css: tuple[tuple[str, str], ...] = ()  # type: ignore[assignment]

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var moving = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            zoomAnimation: moving, fadeAnimation: moving, markerZoomAnimation: moving, inertia: moving,
            center: {{ this.location|tojson }},
            crs: L.CRS.{{ this.crs }},
            ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(
        self,
        center: tuple[float, float],
        *,
        zoom: int = 12,
        key: str = "map",
        jquery: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            location=lat_lon(*center),
            tiles=None,
            zoom_start=zoom,
            zoom_control=False,
            attribution_control=False,
            **options,
        )
        self.default_js = ((("jquery", static_url(JQUERY_JS)),) if jquery else ()) + (
            ("leaflet", static_url(LEAFLET_JS)),
        )
        self.default_css = (("leaflet_css", static_url(LEAFLET_CSS)),)
        self._id = key
        LocalFigure().add_child(self)

    def layers(self) -> list[DataLayer]:
        """Return the data layers in drawing order."""
        return [child for child in self._children.values() if isinstance(child, DataLayer)]

    def parts(self) -> MapParts:
        """Render the map for a page template: links, element, script, data.

        The script holds no text of the register; it is one line a layer.
        """
        figure = self.get_root()
        if not isinstance(figure, LocalFigure):
            raise TypeError("a LocalMap belongs into the LocalFigure it was made with")
        for part in (figure.header, figure.html, figure.script):
            part._children.clear()
        figure.data.clear()
        self.render()  # type: ignore[no-untyped-call]  # folium's own is untyped
        start = f"\nCareMap.start({self.get_name()});" if self.layers() else ""
        links = [child.render() for child in figure.header._children.values()]
        return MapParts(
            head="\n".join(links),
            element=figure.html.render().strip(),
            script=_SPACE.sub("\n", figure.script.render()).strip() + start,
            data=dict(figure.data),
            map_id=self.get_name(),
        )


@dataclass(frozen=True)
class MapParts:
    """What a page template puts together; ``script`` is JavaScript, ``data`` JSON-ready values by layer."""

    head: str
    element: str
    script: str
    data: Mapping[str, Any]
    map_id: str


class DataLayer(folium.FeatureGroup):
    """A feature group that our own script fills from a JSON block: ``kind`` names how it is drawn.

    ``key`` is the layer's name in the page (legend, ticks); ``data`` must be JSON-ready. Style is read from
    each feature's own properties, never from a switch over ids.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.featureGroup({{ this.options|tojavascript }});
        CareMap.draw({{ this._parent.get_name() }}, {{ this.get_name() }}, {{ this.key|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self, key: str, kind: str, data: Mapping[str, Any], *, title: str | None = None, show: bool = True
    ) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise ValueError(f"layer key {key!r}: must be a plain lower-case name")
        super().__init__(name=title or key, control=title is not None, show=show)
        self._id = key
        self.key, self.kind, self.data = key, kind, data

    def render(self, **kwargs: Any) -> str:
        """Hand the data to the figure and the drawing line to its script."""
        figure = self.get_root()
        if not isinstance(figure, LocalFigure):
            raise TypeError("a DataLayer can only be added to a LocalMap")
        figure.data[self.key] = {"kind": self.kind, **self.data}
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # folium's own is untyped
        return ""  # scripts go to the figure


def lat_lon(lon: float, lat: float) -> list[float]:
    """Return a point as Folium wants it: the only place where latitude comes first."""
    return [lat, lon]


def content_policy(scripts: tuple[str, ...], basemap: str = "none", *, inline: bool = False) -> str:
    """Return the Content-Security-Policy of a map page.

    ``scripts`` are the texts of its inline scripts, allowed by their SHA-256. ``inline`` pages load nothing
    at all: only their own scripts, styles and ``data:`` images are allowed.

    >>> content_policy(("x=1",)).split("; ")[1]
    "script-src 'self' 'sha256-HyBrEcI+KMwlDe1/wAmNOCOoRnpUNA8axOU1y4VEST8='"
    """
    hashes = " ".join(f"'sha256-{_sha256(text)}'" for text in scripts)
    own = "" if inline else "'self' "
    images = " ".join((*(() if inline else ("'self'",)), "data:", *tile_hosts(basemap)))
    parts = [
        "default-src 'none'" if inline else "default-src 'self'",
        f"script-src {own}{hashes}".rstrip(),
        f"style-src {own}'unsafe-inline'",
        f"img-src {images}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'" if inline else "form-action 'self'",
    ]
    return "; ".join(parts if inline else [*parts, "frame-ancestors 'self'"])


def tile_hosts(basemap: str) -> tuple[str, ...]:
    """Return the hosts tiles come from, none unless tiles were asked for.

    Raises:
        ValueError: not ``none``, ``osm`` or ``tianditu``.
    """
    try:
        return _TILE_HOSTS[basemap]
    except KeyError:
        raise ValueError(f"basemap={basemap!r}: must be none, tianditu or osm") from None


def finish(
    html: str, scripts: tuple[str, ...], basemap: str, *, inline: bool, public_url: str = ""
) -> MapPage:
    """Return the page with its policy, after proving that it names no host but its own.

    Raises:
        RemoteAddressError: an attribute or a style of the page names another host.
    """
    addresses = remote_addresses(html, public_url)
    if addresses:
        raise RemoteAddressError(addresses)
    return MapPage(html, content_policy(scripts, basemap, inline=inline))


def remote_addresses(html: str, public_url: str = "") -> tuple[str, ...]:
    """Return every address of another host in attributes and styles of a page, in order.

    Links count too: a map must not even point elsewhere. ``public_url`` is our own.

    >>> remote_addresses('<script src="//cdn.example/a.js"></script><p style="background:url(http://b/c)">')
    ('//cdn.example/a.js', 'http://b/c')
    """
    finder = _AddressFinder()
    finder.feed(html)
    finder.close()
    own = urlsplit(public_url).netloc
    return tuple(
        address for address in finder.addresses if (host := urlsplit(address.strip()).netloc) and host != own
    )


class _AddressFinder(HTMLParser):
    """Collects every address that attributes and style sheets hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            if value is None:
                continue
            if name.rpartition(":")[2] in _ADDRESS_ATTRIBUTES:
                separate = re.split(r"[\s,]+", value) if name == "srcset" else [value]
                self.addresses += separate
            elif name == "style":
                self.addresses += _CSS_ADDRESS.findall(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.addresses += _CSS_ADDRESS.findall(data)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
