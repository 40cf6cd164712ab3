"""The static files pages may load: our own, and Leaflet and jQuery out of their XStatic packages.

Nothing third-party lies in the repository and nothing is asked of another host. The packages' files are found
through their metadata, because importing the ``xstatic`` namespace is slow and warns.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

from geo.errors import NotFoundError

ASSETS_DIR = Path(__file__).resolve().parent / "assets"
STATIC_ROOT = "/static/"
LEAFLET_JS, LEAFLET_CSS = "leaflet/leaflet.js", "leaflet/leaflet.css"
JQUERY_JS = "jquery/jquery.min.js"

_PACKAGES = {
    "leaflet": ("XStatic-Leaflet", ("leaflet.js", "leaflet.css", "images/layers.png", "images/layers-2x.png",
                                    "images/marker-icon.png", "images/marker-icon-2x.png",
                                    "images/marker-shadow.png")),
    "jquery": ("XStatic-jQuery", ("jquery.min.js",)),
}  # fmt: skip
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_CSS_IMAGE = re.compile(r"url\((images/[^)]+)\)")
# A map of the minified source: only a debugger asks for it, and it isn't served.
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


# Our own scripts and styles are read with comments and indents and sent without: a phone pays for every byte.
_REMARKS = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n|^[ \t]+", re.MULTILINE)


@dataclass(frozen=True)
class StaticFile:
    """A file under ``/static/``; ``digest`` is the SHA-256 of ``content`` in hexadecimal."""

    name: str
    content: bytes
    media_type: str
    digest: str


@lru_cache(maxsize=128)
def static_file(name: str) -> StaticFile:
    """Return the file ``name`` of ``/static/``; our own scripts and styles without comments and indents.

    Raises:
        NotFoundError: no such file is served.

    >>> static_file("leaflet/leaflet.js").media_type
    'text/javascript; charset=utf-8'
    """
    path = _paths().get(name)
    if path is None:
        raise NotFoundError(f"no static file {name!r}")
    content = path.read_bytes()
    if path.parent == ASSETS_DIR and path.suffix in (".css", ".js"):
        content = _REMARKS.sub("", content.decode("utf-8")).encode()
    media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return StaticFile(
        name, content, media_type or "application/octet-stream", hashlib.sha256(content).hexdigest()
    )


def static_url(name: str) -> str:
    """Return the address of a static file with its content's hash, so it can be kept for ever."""
    return f"{STATIC_ROOT}{name}?v={static_file(name).digest[:10]}"


def script_text(name: str) -> str:
    """Return a script to be written into a page.

    Raises:
        ValueError: the script holds a text that would end or nest the ``<script>`` element.
    """
    text = _SOURCE_MAP.sub("", static_file(name).content.decode("utf-8"))
    if re.search(r"</script|<!--", text, re.IGNORECASE):
        raise ValueError(f"{name} cannot stand inside a page: it holds </script or <!--")
    return text.strip()


def style_text(name: str) -> str:
    """Return a style sheet to be written into a page, its images as ``data:`` addresses."""
    folder = name.rpartition("/")[0]

    def as_data(match: re.Match[str]) -> str:
        image = static_file(f"{folder}/{match[1]}" if folder else match[1])
        return f"url(data:{image.media_type};base64,{base64.b64encode(image.content).decode('ascii')})"

    return _CSS_IMAGE.sub(as_data, static_file(name).content.decode("utf-8")).strip()


@lru_cache(maxsize=1)
def _paths() -> dict[str, Path]:
    own = {path.name: path for path in sorted(ASSETS_DIR.iterdir()) if path.is_file()}
    return own | dict(_package_paths())


def _package_paths() -> Iterator[tuple[str, Path]]:
    for folder, (package, names) in _PACKAGES.items():
        found = distribution(package)
        for name in names:
            inside = f"xstatic/pkg/{folder}/data/{name}"
            path = Path(str(found.locate_file(inside)))
            if not path.is_file():
                raise FileNotFoundError(f"{package} {found.version} is damaged: {inside} is missing")
            yield f"{folder}/{name}", path
