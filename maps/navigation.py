"""Links into map apps: each in the datum and axis order its vendor documents.

Amap: longitude first, GCJ-02 (the navigation page has no datum parameter). Baidu: latitude first, datum named
by ``coord_type``. Tencent: latitude first, ``coord_type=2`` is GCJ-02. Apple: latitude first; its Chinese map
data is GCJ-02, the documents do not say, not tried on a phone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from geo.crs import wgs84_to_gcj02

App = Literal["amap", "baidu", "tencent", "apple"]
Mode = Literal["walk", "ebike"]

SOURCE = "care-stations"
_BEYOND_ASCII = re.compile("(?:%[89A-F][0-9A-F])+")
_MODES: dict[Mode, dict[App, str]] = {
    "walk": {"amap": "walk", "baidu": "walking", "tencent": "walk", "apple": "w"},
    "ebike": {"amap": "ride", "baidu": "riding", "tencent": "bike", "apple": "w"},
}


@dataclass(frozen=True)
class NavLink:
    """A link that opens a route to the station in one map app."""

    app: App
    href: str

    @property
    def readable(self) -> str:
        """The same address with letters outside ASCII as they are: browsers encode them themselves.

        >>> NavLink("amap", "https://a.cn/?to=%E7%AB%99%2C%261").readable
        'https://a.cn/?to=站%2C%261'
        """
        return _BEYOND_ASCII.sub(lambda run: unquote(run[0]), self.href)


def nav_links(name: str, lon: float, lat: float, mode: Mode = "walk") -> tuple[NavLink, ...]:
    """Return the route links to a WGS-84 point, Amap first; ``name`` may hold any character.

    >>> nav_links("站", 109.067, 34.273)[0].href.split("&")[0]
    'https://uri.amap.com/navigation?to=109.072117,34.271733,%E7%AB%99'
    """
    gcj_lon, gcj_lat = wgs84_to_gcj02(lon, lat)
    lon_lat, lat_lon = f"{gcj_lon:.6f},{gcj_lat:.6f}", f"{gcj_lat:.6f},{gcj_lon:.6f}"
    title = quote(name, safe="")
    how = _MODES[mode]
    return (
        NavLink(
            "amap",
            f"https://uri.amap.com/navigation?to={lon_lat},{title}&mode={how['amap']}&src={SOURCE}&callnative=1",
        ),
        NavLink(
            "baidu",
            f"https://api.map.baidu.com/direction?origin={quote('我的位置')}"
            f"&destination=latlng:{lat_lon}%7Cname:{title}&mode={how['baidu']}&region={quote('西安')}"
            f"&coord_type=gcj02&output=html&src=webapp.union.{SOURCE}",
        ),
        NavLink(
            "tencent",
            f"https://apis.map.qq.com/uri/v1/routeplan?type={how['tencent']}&to={title}"
            f"&tocoord={lat_lon}&coord_type=2&referer={SOURCE}",
        ),
        NavLink("apple", f"https://maps.apple.com/?daddr={lat_lon}&dirflg={how['apple']}"),
    )
