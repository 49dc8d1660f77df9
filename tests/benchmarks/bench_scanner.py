"""A scanner of 100 instruments: how many candles it reads from the topic in a second, and what the parts of it take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from adapters.candle_topic.group import CandleGroup, Span
from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from adapters.log.address import KafkaAddress, parse_address
from adapters.metrics.catalogue import SCANNER_CANDLES
from adapters.metrics.registry import new_registry
from adapters.metrics.scanner import ScannerMetrics
from adapters.signals.scanners import ScannerSettings
from commands.door import Answer, Completed
from commands.request import Requested
from commands.scanner import Share
from domain.candle import Candle
from infra.run.clock import utc_now
from infra.run.scanning import Scanning
from infra.scanning import scanner_of
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh

_SYMBOLS, _BARS, _FIVE = 100, 600, timedelta(minutes=5)
_DAYS = timedelta(days=10)
_OFTEN = {"volume_times": "1.2", "gain": "0"}
"""Limits that are met much more often than those of the default."""
_AIM = 1_000.0
"""At this rate the past of a takeover, 1,000 candles of each of 100 symbols, takes less than two minutes."""


class Recording:
    """A door whose engine has recorded every signal at once."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        return Completed(requested.id, ())


def run() -> Sequence[Figure]:
    """Candles a second of the publisher, of the detector alone, and of a scanner on the topic."""
    candles = _candles()
    scanner = replace(
        scanner_of(ScannerSettings(name="pump", strategy="momentum", parameters=_OFTEN)), valid=_DAYS
    )
    with fresh("Kafka") as address:
        place = parse_address(address)
        assert isinstance(place, KafkaAddress)
        topic = CandleTopic(place.servers, place.topic)
        with closing(CandlePublisher(topic)) as publisher:
            began = time.perf_counter()
            publisher.publish(candles)
            published = time.perf_counter() - began
        began = time.process_time()
        share = Share(scanner)
        found = sum(share.on_candle(one).proposal is not None for one in candles)
        alone = time.process_time() - began
        registry = new_registry()
        metrics, labels = ScannerMetrics("pump", registry), {"scanner": "pump", "place": "next"}

        def is_done() -> bool:
            return (registry.get_sample_value(SCANNER_CANDLES.name, labels) or 0) >= len(candles)

        with closing(
            CandleGroup(topic, "pump", Span(_DAYS, _DAYS), lambda: Share(scanner), print, utc_now)
        ) as group:
            while not group.held:
                assert not group.read(0.05)
            began, spent = time.perf_counter(), time.process_time()
            Scanning(scanner, "main", Recording(), metrics, utc_now, is_done, time.sleep).run(group)
            took, spent = time.perf_counter() - began, time.process_time() - spent
    count = len(candles)
    note = f"{_SYMBOLS} symbols, {count:,} candles of 5 minutes, {found} signals, answered at once"
    return [
        Figure("publisher", count / published, "candles/s", _AIM, "one batch, signed, acknowledged"),
        Figure("momentum alone", count / alone, "candles/s of CPU", None, "no Kafka"),
        Figure("scanner on Kafka", count / took, "candles/s", _AIM, note),
        Figure("scanner on Kafka, CPU", spent / count * 1e6, "µs/candle", None, note),
    ]


def _candles() -> Sequence[Candle]:
    chance, found = Random(7), list[Candle]()
    prices = [Decimal(100)] * _SYMBOLS
    start = datetime.now(UTC).replace(second=0, microsecond=0) - _BARS * _FIVE
    for bar in range(_BARS):
        for number in range(_SYMBOLS):
            before = prices[number]
            close = (before * Decimal(1 + chance.gauss(0, 0.006))).quantize(Decimal("0.0001"))
            prices[number] = close
            found.append(
                Candle(
                    instrument=f"A{number:03}USDT-LINEAR.BYBIT",
                    interval=_FIVE,
                    open_time=start + bar * _FIVE,
                    open=before,
                    high=max(before, close),
                    low=min(before, close),
                    close=close,
                    volume=Decimal(chance.choice((10, 10, 10, 200))),
                    turnover=Decimal(1000),
                )
            )
    return found
