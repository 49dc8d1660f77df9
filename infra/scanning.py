"""Opens what a process of a scanner needs: its settings as a scanner, the group of the candles, the engine's door."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Protocol

from adapters.back_off import random_pause
from adapters.candle_topic.group import CandleGroup, Span
from adapters.candle_topic.place import CandleTopic
from adapters.log.address import KafkaAddress, parse_address
from adapters.metrics.scanner import ScannerMetrics
from adapters.signals.scanners import ScannerSettings
from commands.scanner import Scanner, Share
from domain.errors import InvalidInput, InvalidSettings, LogUnavailable
from domain.interval import interval_of
from domain.plain_text import meant
from domain.settings import StrategySettings
from domain.strategies.grid import GridTrading
from domain.strategies.presets import written_out
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of
from infra.run.clock import utc_now
from infra.run.commanding import distant_door
from infra.run.scanning import Scanning
from infra.trading import strategy_of

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class Stops(Protocol):
    """See `infra.cli.stopping.Stopping`."""

    def requested(self) -> bool: ...

    def wait(self, seconds: float) -> None: ...


def candle_topic(settings: WhenceSettings) -> CandleTopic:
    """The topic of candles beside the configured log. Raises InvalidInput for a log that is not on Kafka."""
    address = parse_address(settings.log)
    if not isinstance(address, KafkaAddress):
        raise InvalidInput(
            "candles are shared by a topic beside a log on Kafka: name it with --log kafka://HOST:PORT/TOPIC; on "
            'another log a strategy of the engine scans, as name = "momentum" in [[trading.strategies]]'
        )
    return CandleTopic(address.servers, address.topic, client_of(settings))


def chosen(settings: WhenceSettings, name: str | None) -> ScannerSettings:
    """The scanner of this name; without a name the only one. Raises InvalidInput where there is none, or several."""
    found = {one.name: one for one in settings.signals.scanners}
    if not found:
        raise InvalidInput("the settings have no [[signals.scanners]]: docs/scanner.md describes one")
    if name is None:
        if len(found) > 1:
            raise InvalidInput(f"name one of the scanners: {', '.join(found)}")
        return next(iter(found.values()))
    if name not in found:
        raise InvalidInput(
            f"there is no scanner {name[:40]!r}{meant(name, found)}; the settings have: {', '.join(found)}"
        )
    return found[name]


def scanner_of(given: ScannerSettings) -> Scanner:
    """The scanner of these settings. Raises InvalidSettings for an unknown strategy, an invalid parameter, and the
    strategy `grid`, because the engine takes no grid from outside.
    """
    interval = interval_of(given.interval)
    assert interval is not None
    try:
        parameters = written_out(given.strategy, given.parameters)
        strategy = strategy_of(StrategySettings(given.strategy, parameters))
    except InvalidSettings as fault:
        raise InvalidSettings(f"signals.scanners: {given.name}: {fault}") from None
    if isinstance(strategy, GridTrading):
        raise InvalidSettings(
            f"signals.scanners: {given.name}: the strategy {given.strategy} proposes grids, which a signal from "
            f'outside cannot have: run it in the engine, as name = "{given.strategy}" in [[trading.strategies]]'
        )
    return Scanner(
        name=given.name,
        strategy=strategy,
        interval=interval,
        valid=timedelta(seconds=given.valid_seconds),
        instruments=frozenset(given.instruments),
    )


def scan(settings: WhenceSettings, given: ScannerSettings, metrics: ScannerMetrics, stops: Stops) -> None:
    """Scans until a stop is requested; after an outage of the brokers it joins the group again.

    Raises LogUnavailable where the brokers do not respond at the start; InvalidInput, InvalidSettings, KeyRefused.
    """
    scanner, place = scanner_of(given), candle_topic(settings)
    span = Span(given.warm_bars * scanner.interval, scanner.valid)
    with distant_door(settings) as door:
        scanning = Scanning(scanner, settings.account, door, metrics, utc_now, stops.requested, stops.wait)
        state = partial(Share, scanner)
        unread = partial(_unread, metrics)

        def joined() -> CandleGroup[Share]:
            return CandleGroup(place, given.name, span, state, unread, utc_now, keys_of(settings))

        _outlasting(joined, scanning, stops)


def _outlasting(joined: Callable[[], CandleGroup[Share]], scanning: Scanning, stops: Stops) -> None:
    """Joins again after each failure, after a pause that grows with the failures in a row. Raises the first failure to
    join, because a person is present then."""
    failures = 0
    group: CandleGroup[Share] | None = joined()
    while not stops.requested():
        began = monotonic()
        try:
            with closing(group or joined()) as member:
                group = None
                scanning.run(member)
        except LogUnavailable as fault:
            lasted = monotonic() - began
            failures = 1 if lasted > _LONGEST_PAUSE else failures + 1
            pause = random_pause(failures, _FIRST_PAUSE, _LONGEST_PAUSE)
            _log.error("scanning is interrupted, and begins anew in %.1f s: %s", pause, fault)
            stops.wait(pause)


def _unread(metrics: ScannerMetrics, reason: str) -> None:
    metrics.unread()
    _log.error("alert: a record is passed over: %s", reason)
