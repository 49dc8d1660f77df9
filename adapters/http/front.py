"""The page at `/`, which leads on to what the API has. It loads nothing, not even from this server: its styles are
inline and are named by their hash in the content security policy.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route


class Link(NamedTuple):
    """A link of the page: where it leads to, and what is there."""

    path: str
    text: str


_STYLES = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
dt { font-weight: 600; margin-top: 1rem }
dd { margin: 0 }
code, pre { font-family: ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid GrayText; border-radius: .25rem }
"""
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Whence</title>
<style>{styles}</style>
<h1>Whence</h1>
<p>The API of one log: orders, positions, decisions with every vote, and the whole story of any id.</p>
<dl>
{links}
</dl>
<p>A first query, for a shell on this machine:</p>
<pre>curl {address}graphql -H 'Content-Type: application/json' \\
  -d '{{"query": "{{accounts {{account balance}}}}"}}'</pre>
<p>Queries for ten questions of a trader are in <code>docs/graphql.md</code> of the source;
<code>whence schemas graphql</code> prints the schema.</p>
</html>
"""
_HASH = b64encode(sha256(_STYLES.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
}


def front_route(links: Sequence[Link]) -> Route:
    """The route of the page with these links."""
    items = "\n".join(
        f'<dt><a href="{escape(one.path)}">{escape(one.path)}</a></dt><dd>{escape(one.text)}</dd>'
        for one in links
    )

    async def serve(request: Request) -> Response:
        address = escape(str(request.base_url))
        return HTMLResponse(_PAGE.format(styles=_STYLES, links=items, address=address), headers=_HEADERS)

    return Route("/", serve, methods=["GET"])
