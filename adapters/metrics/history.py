"""Metrics of the recorded history, read at each scrape, so that a restart neither loses nor repeats a count."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from adapters.metrics import catalogue
from adapters.metrics.catalogue import HISTORY, Kind, Metric
from adapters.metrics.figures import (
    Count,
    Figures,
    HeldSettings,
    History,
    Measure,
    Money,
    Paused,
    Profit,
    Progress,
    Trades,
)
from domain.errors import LogError, StoreError

_log = logging.getLogger(__name__)

_Sample = tuple[Metric, tuple[str, ...], float]

_COUNTED: Mapping[Measure, Metric] = {
    Measure.SIGNALS: catalogue.SIGNALS,
    Measure.DECISIONS: catalogue.DECISIONS,
    Measure.SKIPPED: catalogue.SKIPPED,
    Measure.ORDERS_PLACED: catalogue.ORDERS_PLACED,
    Measure.FILLS: catalogue.FILLS,
    Measure.POSITIONS_OPENED: catalogue.POSITIONS_OPENED,
    Measure.POSITIONS_CLOSED: catalogue.POSITIONS_CLOSED,
    Measure.MANAGED_MOVES: catalogue.MANAGED_MOVES,
    Measure.MANAGED_EXITS: catalogue.MANAGED_EXITS,
}
_Family = CounterMetricFamily | GaugeMetricFamily
_FAMILIES: Mapping[Kind, type[_Family]] = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}


class HistoryCollector(Collector):
    """Reads `figures` at each scrape. Where the store or log does not answer, only these metrics are missing."""

    def __init__(self, figures: Figures, registry: CollectorRegistry) -> None:
        self._figures = figures
        registry.register(self)

    def describe(self) -> Iterator[Family]:
        """Every family without its samples. The registry detects duplicate names in them."""
        return (_family(metric) for metric in HISTORY)

    def collect(self) -> Iterator[Family]:
        """The families that have a sample."""
        families: dict[str, _Family] = {}
        for metric, labels, value in self._samples():
            if metric.name not in families:
                families[metric.name] = _family(metric)
            families[metric.name].add_metric(labels, value)
        return iter(families.values())

    def _samples(self) -> Iterator[_Sample]:
        try:
            history = self._figures()
        except (StoreError, LogError) as fault:
            _log.warning("the metrics of the recorded history are missing: %s", fault)
            yield catalogue.READ_MODELS_UP, (), 0.0
            return
        yield catalogue.READ_MODELS_UP, (), 1.0
        yield from _samples_of(history)


def _family(metric: Metric) -> _Family:
    return _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)


def _samples_of(history: History) -> Iterator[_Sample]:
    yield from _counted(history.counts)
    for profit in history.profits:
        yield _profit(profit)
    for trades in history.trades:
        yield from _trades(trades)
    for money in history.money:
        yield from _money(money)
    for pause in history.pauses:
        yield from _paused(pause)
    for levered in history.leverages:
        yield catalogue.LEVERAGE, (levered.account, levered.instrument), float(levered.leverage)
    for held in history.held:
        yield from _held(held)
    for suspected in history.manipulations:
        of = (suspected.account, suspected.instrument, suspected.kind)
        yield catalogue.MANIPULATIONS, of, float(suspected.count)
    for progress in history.progress:
        yield from _progress(progress)


def _counted(counts: Iterable[Count]) -> Iterator[_Sample]:
    # Some counts of the read model are finer than their metric (signals are also counted by direction).
    sums: Counter[tuple[Metric, tuple[str, ...]]] = Counter()
    for one in counts:
        metric = _COUNTED[one.measure]
        sums[metric, _labels(metric, one)] += one.count
    return ((metric, labels, float(count)) for (metric, labels), count in sums.items())


def _labels(metric: Metric, count: Count) -> tuple[str, ...]:
    """The values of the metric's labels.

    A label that has the name of a field of `count` has that field's value; any other label has `count.label`.
    """
    known = {"account": count.account, "strategy": count.strategy, "instrument": count.instrument}
    return tuple(known.get(name, count.label) for name in metric.labels)


def _profit(profit: Profit) -> _Sample:
    return catalogue.REALISED_PNL, (profit.account, profit.strategy, profit.currency), float(profit.net)


def _trades(trades: Trades) -> Iterator[_Sample]:
    of = (trades.account,)
    yield catalogue.RECENT_TRADES, of, float(trades.recent_trades)
    if trades.trades:
        yield catalogue.WIN_RATIO, of, trades.wins / trades.trades
    if trades.recent_trades:
        yield catalogue.RECENT_WIN_RATIO, of, trades.recent_wins / trades.recent_trades
    if trades.loss:
        yield catalogue.PROFIT_FACTOR, of, _factor(trades.profit, trades.loss)


def _factor(profit: Decimal, loss: Decimal) -> float:
    return float(profit / -loss)


def _money(money: Money) -> Iterator[_Sample]:
    of = (money.account,)
    yield catalogue.BALANCE, (money.account, money.currency), float(money.balance)
    if money.equity is not None:
        yield catalogue.EQUITY, (money.account, money.currency), float(money.equity)
    yield catalogue.EXPOSURE, (money.account, money.currency), float(money.exposure)
    yield catalogue.OPEN_POSITIONS, of, float(money.open_positions)
    yield catalogue.DRAWDOWN, of, money.drawdown
    yield catalogue.MAX_DRAWDOWN, of, money.max_drawdown
    yield catalogue.KILL_SWITCH, of, float(money.tripped)


def _paused(pause: Paused) -> Iterator[_Sample]:
    of = (pause.account, pause.strategy, pause.cause.value)
    yield catalogue.ENTRIES_PAUSED, of, 1.0
    if pause.until is not None:
        yield catalogue.PAUSE_END, of, pause.until.timestamp()


def _held(held: HeldSettings) -> Iterator[_Sample]:
    yield catalogue.HELD_SETTINGS, (held.account,), float(held.count)
    if held.since is not None:
        yield catalogue.HELD_SETTINGS_SINCE, (held.account,), held.since.timestamp()


def _progress(progress: Progress) -> Iterator[_Sample]:
    of = (progress.projection,)
    yield catalogue.LAG_EVENTS, of, float(progress.lag_events)
    yield catalogue.PARKED_EVENTS, of, float(progress.parked_events)
    yield catalogue.PARKED_SEQUENCES, of, float(progress.parked_sequences)
    yield catalogue.LAG_SECONDS, of, progress.lag_seconds
