"""Pages of a list: `limit` rows and a cursor that names the last row that was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, unquote

from adapters.simulated.server.call import Call, whole
from adapters.simulated.venue.codes import PARAMETER, Declined

T = TypeVar("T")
Place = tuple[int, str]
"""A row's time (ms) and id."""


def page(
    rows: Sequence[T], call: Call, default: int, most: int, place: Callable[[T], Place]
) -> tuple[list[T], str]:
    """The rows after the one that `cursor` names, and the next page's cursor; empty where this is the last page.

    Rows are sorted by falling times, so rows that come or go between two pages neither repeat nor hide others. Where
    the named row has gone, the page begins with the first row that is older. Cursors are percent-encoded already, as
    Bybit's are. Raises Declined (10001) for a cursor of another form.
    """
    limit, cursor = call.number("limit", default, most), call.text("cursor")
    begins = _begins(rows, _read(cursor), place) if cursor else 0
    shown = list(rows[begins : begins + limit])
    if not shown or begins + len(shown) >= len(rows):
        return shown, ""
    at, name = place(shown[-1])
    return shown, quote(f"{name}:{at},", safe="")


def _begins(rows: Sequence[T], last: Place, place: Callable[[T], Place]) -> int:
    time, name = last
    places = [place(one) for one in rows]
    named = next((number for number, (_at, one) in enumerate(places, 1) if one == name), None)
    if named is not None:
        return named
    return next((number for number, (at, _name) in enumerate(places) if at < time), len(rows))


def _read(cursor: str) -> Place:
    name, _, at = unquote(unquote(cursor)).removesuffix(",").rpartition(":")
    time = whole(at)
    if not name or time is None:
        raise Declined(PARAMETER, "cursor")
    return time, name
