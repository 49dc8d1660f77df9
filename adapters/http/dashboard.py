"""The dashboard at `/`. The assets of the page are in the folder `assets/`."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.http.page_headers import MEDIA, page_headers

_LOGO_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"
"""The one style element that the chart's library adds: it places TradingView's logo, which its licence asks to keep."""
_HEADERS = page_headers(style_src=f"'self' {_LOGO_STYLE}")
_ASSET = {**_HEADERS.asset, "Vary": "Accept-Encoding"}

_Endpoint = Callable[[Request], Awaitable[Response]]


def dashboard_routes(files: Mapping[str, bytes]) -> Sequence[BaseRoute]:
    """The routes of the page and of its assets. `files` are those of the build, by their path within it."""
    return [Route("/", _page(files["index.html"]), methods=["GET"]), Route("/assets/{name}", _asset(files))]


def _page(content: bytes) -> _Endpoint:
    async def serve(_: Request) -> Response:
        return Response(content, headers=_HEADERS.page, media_type="text/html")

    return serve


def _asset(files: Mapping[str, bytes]) -> _Endpoint:
    packed = {name: gzip.compress(content, mtime=0) for name, content in files.items()}

    async def serve(request: Request) -> Response:
        name = f"assets/{request.path_params['name']}"
        if name not in files:
            raise HTTPException(404)
        media = MEDIA[name[name.rindex(".") :]]
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed[name], headers={**_ASSET, "Content-Encoding": "gzip"}, media_type=media)
        return Response(files[name], headers=_ASSET, media_type=media)

    return serve
