"""Pages of a list: `limit` rows and a cursor that names where the next page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote, unquote

from adapters.simulated.server.call import Call, whole
from adapters.simulated.venue.codes import PARAMETER, Declined

T = TypeVar("T")
_PREFIX = "page_token="


def page(rows: Sequence[T], call: Call, default: int, most: int) -> tuple[list[T], str]:
    """The rows of the page that `cursor` names, and the next page's cursor; empty where this is the last page.

    Cursors are percent-encoded already, as Bybit's are. Raises Declined (10001) for a cursor that was not given out.
    """
    limit, begins = call.number("limit", default, most), _begins(call.text("cursor"))
    shown = list(rows[begins : begins + limit])
    ends = begins + len(shown)
    return shown, quote(f"{_PREFIX}{ends}&", safe="") if shown and ends < len(rows) else ""


def _begins(cursor: str) -> int:
    if not cursor:
        return 0
    number = whole(unquote(unquote(cursor)).removeprefix(_PREFIX).removesuffix("&"))
    if number is None:
        raise Declined(PARAMETER, "cursor")
    return number
