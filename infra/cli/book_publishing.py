"""`whence books`: readings of an exchange's order books, into the topic that engines read."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.exchange_options import TestnetOption
from infra.cli.options import AddressOption, ConfigOption, LogOption, whole
from infra.cli.record import RecordedExchange
from infra.cli.scan import MetricsPortOption

books_app = typer.Typer(
    name="books", no_args_is_help=True, help="Publishes readings of order books, shared by several processes."
)


@books_app.callback()
def books() -> None:
    """Publishes readings of order books, shared by several processes."""


@books_app.command()
def publish(
    instruments: Annotated[
        list[str],
        typer.Option(
            "--instruments",
            metavar="ID",
            help="The books: BTCUSDT or BTCUSDT,ETHUSDT-SPOT.BINANCE; the same for all processes; repeatable.",
        ),
    ],
    exchange: Annotated[RecordedExchange, typer.Option(help="The exchange.")] = RecordedExchange.BYBIT,
    depth: Annotated[
        int,
        typer.Option(
            "--depth",
            parser=whole(1, 1_000),
            metavar="N",
            help="Levels of Bybit's books: 1, 50, 200 or 1000.",
        ),
    ] = 200,
    rate: Annotated[
        int,
        typer.Option(
            "--rate", parser=whole(1, 10), metavar="N", help="The most readings of an instrument a second."
        ),
    ] = 2,
    testnet: TestnetOption = False,
    address: AddressOption = None,
    metrics_port: MetricsPortOption = None,
    log: LogOption = None,
    config: ConfigOption = None,
) -> None:
    """Publishes readings of order books beside a log on Kafka, until Ctrl-C or SIGTERM.

    Processes of one exchange share the instruments; start as many as needed. The books of one that is killed are kept
    by the others within ten seconds. Until then they are not known to their readers.
    """
    import logging
    from contextlib import ExitStack
    from datetime import timedelta

    from adapters.extras import BYBIT, check_extras
    from adapters.metrics.books import BooksMetrics
    from adapters.metrics.registry import new_registry
    from adapters.metrics.scanner import served_metrics
    from adapters.processes.announcement import ProcessRole
    from infra.books import Books, opened_books
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logging import configure
    from infra.recording.feed import RecordedPlace
    from infra.recording.names import recorded_instruments
    from infra.run.announcing import Loop, Program, TurningStops, announced
    from infra.run.books_standing import BooksStanding

    if exchange is RecordedExchange.BYBIT:
        check_extras("`whence books publish --exchange bybit`", BYBIT)
    settings = load(log=log, config=config)
    names = recorded_instruments(instruments, exchange.value)
    place = RecordedPlace(exchange.value, depth, testnet, address or "")
    configure(logging.INFO, "books")
    registry = new_registry()
    with ExitStack() as ended, stoppable() as stopping:
        if metrics_port is not None:
            ended.callback(served_metrics(registry, metrics_port))
        wanted = Books(place, names, timedelta(seconds=1) / rate)
        loop = Loop()
        standing = BooksStanding(BooksMetrics(exchange.value, registry), loop)
        publishing = ended.enter_context(opened_books(settings, wanted, standing))
        ended.enter_context(announced(settings, Program(ProcessRole.BOOKS, exchange.value), standing))
        publishing.run(TurningStops(stopping, loop).requested)
