"""Opens the routes to other engines that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from adapters.http.options import is_loopback
from adapters.routing.peer import Peer
from adapters.routing.settings import RouteSettings
from commands.observer import BookCounts, RouteCounts
from domain.errors import InvalidSettings
from domain.settings import Settings
from infra.config import WhenceSettings
from infra.run.live_plan import BooksOf
from infra.run.routed_books import market_books_of
from infra.run.routing import RouteLink, Routing

_LONGEST_TOKEN = 4096


def check_routes(settings: WhenceSettings, trading: Settings) -> None:
    """Raises InvalidSettings where an instrument of `trading.venues.elsewhere` has no route, or not one, or a route is
    of another instrument.
    """
    wanted = list(trading.venues.fees_elsewhere)
    routed = [name for one in settings.routes for name in one.instruments]
    for name in wanted:
        if routed.count(name) != 1:
            raise InvalidSettings(
                f"trading.venues.elsewhere: {name} is in {routed.count(name)} tables [[routes]]; write one with its "
                "engine (docs/venues.md)"
            )
    for name in routed:
        if name not in wanted:
            raise InvalidSettings(
                f"routes: {name} is not in trading.venues.elsewhere: add it there with its taker fee, or leave it out"
            )


def routing_of(settings: WhenceSettings, counts: RouteCounts | None = None) -> Routing:
    """The routes, not started yet; `counts` as of `RouteLink`. Raises InvalidSettings for a token that cannot be
    read.
    """
    return Routing([_link(one, counts) for one in settings.routes])


def routed_books(settings: WhenceSettings, counts: BookCounts) -> Mapping[str, BooksOf]:
    """What makes the readings of each instrument that another engine trades."""
    return {
        name: market_books_of(name, one.market, counts) for one in settings.routes for name in one.instruments
    }


def _link(route: RouteSettings, counts: RouteCounts | None) -> RouteLink:
    if route.reader_file is None and not is_loopback(urlsplit(route.engine).hostname or ""):
        raise InvalidSettings(
            f"routes: the engine of {route.instruments[0]} is on another machine: name a file with a token of the role "
            "viewer there as reader_file"
        )
    reader = "" if route.reader_file is None else _token(route.reader_file)
    peer = Peer(route.engine, route.source, _token(route.token_file), reader)
    return RouteLink(peer, route.instruments, counts=counts)


def _token(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as opened:
            token = opened.read(_LONGEST_TOKEN + 1).strip()
    except (OSError, ValueError) as fault:
        raise InvalidSettings(
            f"routes: {str(file)[:200]}: {type(fault).__name__}: no token can be read"
        ) from None
    if not token or len(token) > _LONGEST_TOKEN or not token.isprintable():
        raise InvalidSettings(f"routes: {str(file)[:200]}: a file with one token and nothing else is needed")
    return token
