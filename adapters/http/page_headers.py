"""The headers of the pages that the API serves from local files. Their content security policy allows no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MEDIA = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
"""The media type of an asset by its ending."""

_NOTHING_ELSE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


class PageHeaders(NamedTuple):
    """Those of a page, which names the assets of one build and so must not be cached, and those of its assets.

    An asset's name contains the hash of its content, so browsers may cache it for ever.
    """

    page: Mapping[str, str]
    asset: Mapping[str, str]


def page_headers(**more: str) -> PageHeaders:
    """The headers of a page that loads scripts, styles and images of this origin; `more` are further sources.

    A key of `more` is a directive with underscores, as `style_src`; its sources replace those of the directive.
    """
    rules = {**_NOTHING_ELSE, **{name.replace("_", "-"): sources for name, sources in more.items()}}
    guarded = {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in rules.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return PageHeaders(
        page={**guarded, "Cache-Control": "no-store"},
        asset={**guarded, "Cache-Control": "public, max-age=31536000, immutable"},
    )
