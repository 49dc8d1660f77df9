"""`whence record`: what an exchange publishes of its markets, into files or into a topic of Kafka."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.exchange_options import TestnetOption
from infra.cli.options import AddressOption, ConfigOption, LogOption, whole


class RecordedExchange(StrEnum):
    """The exchanges whose books are kept."""

    BYBIT = "bybit"
    BINANCE = "binance"


class Target(StrEnum):
    """Where the rows go."""

    PARQUET = "parquet"
    KAFKA = "kafka"


def record(
    instruments: Annotated[
        list[str],
        typer.Option(
            "--instruments",
            metavar="ID",
            help="What is recorded: BTCUSDT or BTCUSDT,ETHUSDT-SPOT.BINANCE; repeatable.",
        ),
    ],
    exchange: Annotated[RecordedExchange, typer.Option(help="The exchange.")] = RecordedExchange.BYBIT,
    target: Annotated[
        Target, typer.Option("--to", help="Files, or the topic beside a log on Kafka.")
    ] = Target.PARQUET,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder of the files.")] = Path(
        "recording"
    ),
    depth: Annotated[
        int,
        typer.Option(
            "--depth",
            parser=whole(1, 1_000),
            metavar="N",
            help="Levels of Bybit's books: 1, 50, 200 or 1000.",
        ),
    ] = 200,
    testnet: TestnetOption = False,
    address: AddressOption = None,
    log: LogOption = None,
    config: ConfigOption = None,
) -> None:
    """Records books, trades, best prices and candles of a minute, with the times of the exchange and of arrival, until
    Ctrl-C or SIGTERM.

    Every second what arrived is durable. `whence recordings` checks and prints a recording.
    """
    import logging
    import time
    from contextlib import closing

    from adapters.extras import BYBIT, FILES, check_extras
    from adapters.market_recordings.retention import GIB, Kept
    from adapters.market_recordings.tap import MarketTap
    from adapters.processes.announcement import ProcessRole
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logging import configure
    from infra.logs import keys_of
    from infra.recording.feed import RecordedPlace, recorded_feed
    from infra.recording.names import recorded_instruments
    from infra.recording.recording import MarketRecording, in_words
    from infra.recording.rows import ArrivedRows
    from infra.recording.sink import FolderSink, Sink, TopicSink
    from infra.recording.topic import market_topic
    from infra.run.announcing import Loop, Program, TurningStops, announced

    if target is Target.PARQUET:
        check_extras("`whence record --to parquet`", FILES)
    if exchange is RecordedExchange.BYBIT:
        check_extras("`whence record --exchange bybit`", BYBIT)
    settings = load(log=log, config=config)
    names = recorded_instruments(instruments, exchange.value)
    rows, session = ArrivedRows(), time.time_ns()
    place = RecordedPlace(exchange.value, depth, testnet, address or "")
    feed = recorded_feed(place, names, MarketTap(rows.add))
    settings, loop = load(log=log, config=config), Loop()
    configure(logging.INFO, "record")
    with stoppable() as stopping:
        sink: Sink
        if target is Target.PARQUET:
            kept = Kept(settings.recordings_days, settings.recordings_gib * GIB)
            sink, where = FolderSink(out, session, kept), str(out)
        else:
            from adapters.market_topic.publisher import MarketPublisher

            topic = market_topic(settings)
            sink, where = TopicSink(MarketPublisher(topic, session, keys_of(settings))), topic.name
        with closing(sink), announced(settings, Program(ProcessRole.RECORD, exchange.value), loop.standing):
            recording = MarketRecording(feed, rows, sink, names, time.time_ns)
            counts = recording.run(TurningStops(stopping, loop))
    typer.echo(f"recorded {in_words(counts)} to {where}")
