"""`whence book`: an order book, live in the terminal."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from infra.cli.exchange_options import TestnetOption
from infra.cli.options import AddressOption, whole
from infra.cli.record import RecordedExchange

if TYPE_CHECKING:
    from rich.console import Console

    from adapters.book_view.watched import WatchedBooks
    from infra.cli.stopping import Stopping

_STEPS_A_FRAME: Final = 2
"""Two steps of 0.1 s a frame: five frames a second."""
_CLIENTS: Final = ("pybit._websocket_stream", "websocket")
"""The loggers of the clients of sockets."""


def book(
    instrument: Annotated[
        str, typer.Argument(metavar="INSTRUMENT", help="BTCUSDT, or an id as ETHUSDT-SPOT.BINANCE.")
    ],
    exchange: Annotated[RecordedExchange, typer.Option(help="The exchange.")] = RecordedExchange.BYBIT,
    levels: Annotated[
        int,
        typer.Option(
            "--levels", parser=whole(1, 50), metavar="N", help="Levels of each side that are drawn."
        ),
    ] = 10,
    depth: Annotated[
        int,
        typer.Option(
            "--depth", parser=whole(1, 1_000), metavar="N", help="Levels of Bybit's book: 50, 200 or 1000."
        ),
    ] = 200,
    once: Annotated[
        bool, typer.Option("--once", help="Print the book once, as to a pipe, and exit.")
    ] = False,
    patience: Annotated[
        int,
        typer.Option(
            "--patience",
            parser=whole(1, 3_600),
            metavar="SECONDS",
            help="How long the first levels are awaited.",
        ),
    ] = 20,
    testnet: TestnetOption = False,
    address: AddressOption = None,
) -> None:
    """Draws an exchange's public order book until Ctrl-C: levels, spread, imbalance, microprice, trades, walls and
    suspicions of manipulation.

    No account and no log are needed. Five frames a second are drawn at most; a book with a gap, or a stale one, is
    dimmed, with its age. To a pipe, the first known book is printed once.
    """
    from adapters.book_view.watched import WatchedBooks
    from adapters.extras import BYBIT, check_extras
    from infra.cli.output import console_of
    from infra.cli.stopping import stoppable
    from infra.recording.feed import RecordedPlace, recorded_feed
    from infra.recording.names import recorded_instruments

    if exchange is RecordedExchange.BYBIT:
        check_extras("`whence book --exchange bybit`", BYBIT)
    (name,) = recorded_instruments([instrument], exchange.value, "INSTRUMENT", most=1)
    feed = recorded_feed(RecordedPlace(exchange.value, depth, testnet, address or ""), (name,))
    watched, console = WatchedBooks(feed, (name,)), console_of()
    with stoppable() as stopping, _clients_quiet():
        feed.start()
        try:
            if _is_known(watched, name, patience, stopping):
                _show(console, watched, name, levels, stopping, is_live=console.is_terminal and not once)
        finally:
            feed.close()


@contextmanager
def _clients_quiet() -> Generator[None]:
    """Keeps the clients' lines off the terminal: they would be drawn over the frame, whose state has their faults."""
    loggers = [logging.getLogger(name) for name in _CLIENTS]
    for one in loggers:
        one.disabled = True
    try:
        yield
    finally:
        for one in loggers:
            one.disabled = False


def _is_known(watched: WatchedBooks, name: str, patience: int, stopping: Stopping) -> bool:
    """Waits for the first levels; False where a stop was requested before.

    Raises ExchangeUnreachable, with the fault of the feed, where none came.
    """
    import time

    from adapters.book_view.watched import STEP_SECONDS
    from domain.errors import ExchangeUnreachable

    end = time.monotonic() + patience
    while not stopping.requested():
        watched.step()
        seen = watched.seen(name, 1)
        if seen.is_known:
            return True
        if time.monotonic() > end:
            raise ExchangeUnreachable(
                f"no order book of {name} came within {patience} s: {seen.why}; check the name, the network "
                "and --address"
            )
        stopping.wait(STEP_SECONDS)
    return False


def _show(
    console: Console, watched: WatchedBooks, name: str, levels: int, stopping: Stopping, *, is_live: bool
) -> None:
    from rich.live import Live

    from adapters.book_view.watched import STEP_SECONDS
    from infra.cli.book_screen import BookScreen

    screen = BookScreen(levels)
    if not is_live:
        console.print(screen.of(watched.seen(name, levels)))
        return
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        steps = 0
        while not stopping.requested():
            watched.step()
            if steps % _STEPS_A_FRAME == 0:
                live.update(screen.of(watched.seen(name, levels)), refresh=True)
            steps += 1
            stopping.wait(STEP_SECONDS)
