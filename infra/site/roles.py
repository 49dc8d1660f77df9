"""The page of the least role of each request."""

from __future__ import annotations

import inspect

from commands.roles import LEAST_ROLE, Role
from infra.site.markdown import code, plain, table

_HEAD = """\
# Roles

The lowest role that may send each request, whether it arrives by GraphQL, Telegram or the command line. Every role may
send what a lower role may send. The role `source` raises signals at `POST /signals` and may do nothing else; reading
needs `viewer`. `whence tokens create NAME --role trader` makes a token of a role: [Security](../security.md)."""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, ""]
    for role in Role:
        requests = [one for one, least in LEAST_ROLE.items() if least is role]
        if requests:
            lines += [f"## {role.word}", "", *table(("request", "effect"), map(_row, requests))]
    return "\n".join(lines)


def _row(request: type) -> tuple[str, str]:
    return code(request.__name__), plain(inspect.getdoc(request) or "")
