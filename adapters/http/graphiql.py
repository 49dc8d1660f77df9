"""GraphiQL, a page to write queries, beside GraphQL's endpoint. It is served from local files, and its content security
policy allows no other files.

The page's assets are served in the folder `graphiql/`. An asset's name contains the hash of its content, so browsers
may cache it for ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

# Monaco, the editor, creates styles at run time; scripts, workers and connections may only use this origin.
_RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
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
_ASSET = {**_GUARDED, "Cache-Control": "public, max-age=31536000, immutable"}
_MEDIA = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
_NOT_BUILT = "GraphiQL is not built: run `make graphiql` and start the API again.\n"


_Endpoint = Callable[[Request], Awaitable[Response]]


def graphiql_routes(folder: Path | None, path: str) -> Sequence[BaseRoute]:
    """The routes of the page at `path` and of its assets.

    `folder` holds the built page; where it is None the page is one line that explains how to build GraphiQL.
    """
    if folder is None:
        return [Route(path, _how_to_build)]
    return [Route(path, _page(folder / "index.html")), Route(_beside(path), _asset(folder / "assets"))]


def _beside(path: str) -> str:
    return f"{path.rpartition('/')[0]}/graphiql/{{name}}"


def _page(file: Path) -> _Endpoint:
    async def serve(_: Request) -> Response:
        return FileResponse(file, headers=_PAGE, media_type="text/html")

    return serve


def _asset(folder: Path) -> _Endpoint:
    files = {file.name: file for file in folder.iterdir()}

    async def serve(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return FileResponse(file, headers=_ASSET, media_type=_MEDIA[file.suffix])

    return serve


async def _how_to_build(_: Request) -> Response:
    return PlainTextResponse(_NOT_BUILT, 404, headers=_PAGE)
