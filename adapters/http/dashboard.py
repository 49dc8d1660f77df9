"""The dashboard at `/`: pages of local files, whose content security policy allows no other files.

The assets are in the folder `assets/`. An asset's name contains the hash of its content, so browsers may cache it for
ever.
"""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_LOGO_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"
"""The one style element that the chart's library adds: it places TradingView's logo, which its licence asks to keep."""
_RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "style-src": f"'self' {_LOGO_STYLE}",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_GUARDED = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _RULES.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The page names the assets of one build, so it must not be cached.
_PAGE = {**_GUARDED, "Cache-Control": "no-store"}
_ASSET = {**_GUARDED, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_MEDIA = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}

_Endpoint = Callable[[Request], Awaitable[Response]]


def dashboard_routes(files: Mapping[str, bytes]) -> Sequence[BaseRoute]:
    """The routes of the page and of its assets. `files` are those of the build, by their path within it."""
    return [Route("/", _page(files["index.html"]), methods=["GET"]), Route("/assets/{name}", _asset(files))]


def _page(content: bytes) -> _Endpoint:
    async def serve(_: Request) -> Response:
        return Response(content, headers=_PAGE, media_type="text/html")

    return serve


def _asset(files: Mapping[str, bytes]) -> _Endpoint:
    packed = {name: gzip.compress(content, mtime=0) for name, content in files.items()}

    async def serve(request: Request) -> Response:
        name = f"assets/{request.path_params['name']}"
        if name not in files:
            raise HTTPException(404)
        media = _MEDIA[name[name.rindex(".") :]]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed[name], headers={**_ASSET, "Content-Encoding": "gzip"}, media_type=media)
        return Response(files[name], headers=_ASSET, media_type=media)

    return serve
