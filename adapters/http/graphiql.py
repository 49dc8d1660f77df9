"""GraphiQL, a page to write queries, beside GraphQL's endpoint. The page's assets are in the folder `graphiql/`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.http.page_headers import MEDIA, page_headers

# Monaco, the editor, creates styles at run time, has workers, and a font.
_HEADERS = page_headers(worker_src="'self'", style_src="'self' 'unsafe-inline'", font_src="'self' data:")
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
        return FileResponse(file, headers=_HEADERS.page, media_type="text/html")

    return serve


def _asset(folder: Path) -> _Endpoint:
    files = {file.name: file for file in folder.iterdir()}

    async def serve(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return FileResponse(file, headers=_HEADERS.asset, media_type=MEDIA[file.suffix])

    return serve


async def _how_to_build(_: Request) -> Response:
    return PlainTextResponse(_NOT_BUILT, 404, headers=_HEADERS.page)
