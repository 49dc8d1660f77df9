"""`whence candles publish`: the candles of an exchange, into the topic that scanners share."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.exchange_options import DemoOption, ExchangeOption, TestnetOption, instruments_of
from infra.cli.options import AddressOption, ConfigOption, LogOption, whole

_MOST = 100
"""The instruments of one feed (`adapters/bybit/bounds.py`)."""


def publish(
    symbol: Annotated[
        list[str],
        typer.Option(
            "--symbol",
            metavar="ID",
            help="What is published: BTCUSDT or BTCUSDT,ETHUSDT; at most 100; repeatable.",
        ),
    ],
    interval: Annotated[str, typer.Option(help="Length of a candle: 1m, 5m, 1h.")] = "5m",
    history: Annotated[
        int,
        typer.Option(
            "--history",
            parser=whole(1, 50_000),
            metavar="N",
            help="Past candles of each symbol that the topic is to have.",
        ),
    ] = 1_000,
    exchange: ExchangeOption = "bybit",
    testnet: TestnetOption = False,
    demo: DemoOption = False,
    address: AddressOption = None,
    log: LogOption = None,
    config: ConfigOption = None,
) -> None:
    """Publishes the closed candles of an exchange beside a log on Kafka, until Ctrl-C or SIGTERM.

    Started again, it publishes first what was missed. `whence scan` reads them.
    """
    import logging
    import threading
    from contextlib import closing

    from adapters.candle_topic.publisher import CandlePublisher
    from domain.errors import InvalidInput
    from infra.cli.live import candle_interval
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logging import configure
    from infra.logs import keys_of
    from infra.run.candle_publishing import CandlePublishing
    from infra.run.clock import utc_now
    from infra.run.live_feed import candle_feed_of
    from infra.run.place import Place
    from infra.scanning import candle_topic

    settings = load(log=log, config=config)
    topic = candle_topic(settings)
    place = Place(exchange.lower(), testnet=testnet, demo=demo, address=address or "")
    names = instruments_of(symbol, "--symbol", venue=place.venue)
    if len(names) > _MOST:
        raise InvalidInput(f"--symbol names {len(names)} instruments; one publisher has at most {_MOST}")
    length, woken = candle_interval(interval), threading.Event()
    feed = candle_feed_of(place, length, names, woken.set)
    configure(logging.INFO, "candles")
    with stoppable() as stopping, closing(CandlePublisher(topic, keys_of(settings))) as publisher:
        publishing = CandlePublishing(feed, publisher, names, length, history, utc_now)
        publishing.run(woken, stopping.requested)
