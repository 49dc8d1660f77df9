"""A scanner without I/O: which candles it reads, and the request that follows from a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from commands.request import RaiseSignal
from commands.requests import check
from commands.roles import Role
from commands.scanner import Place, Scanned, Scanner, Share, scan_key
from domain.candle import Candle
from domain.direction import Direction
from domain.strategies import Intent, Proposal
from tests.adapters.candle_topic.candles import MINUTE, candle

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"


@dataclass(frozen=True)
class Every:
    """A strategy that proposes an entry at every so many candles that it has read."""

    bars: int = 3

    @property
    def name(self) -> str:
        return "every"

    def watch(self) -> EveryWatcher:
        return EveryWatcher(self.bars)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        watcher = self.watch()
        return [watcher.on_candle(one) for one in candles]


class EveryWatcher:
    def __init__(self, bars: int) -> None:
        self._bars, self._read = bars, 0

    def on_candle(self, candle: Candle) -> Proposal | None:
        self._read += 1
        if self._read % self._bars:
            return None
        return Proposal(
            strategy="every",
            instrument=candle.instrument,
            interval=candle.interval,
            direction=Direction.LONG,
            intent=Intent.ENTER,
            confidence=0.75,
            trend=0.5,
            price=candle.close,
            stop=candle.close - 1,
            target=candle.close + 2,
            inputs={"read": float(self._read)},
        )


def scanner(*instruments: str, bars: int = 3) -> Scanner:
    return Scanner(
        name="pump",
        strategy=Every(bars),
        interval=MINUTE,
        valid=timedelta(seconds=30),
        instruments=frozenset(instruments),
    )


def places(share: Share, *candles: Candle) -> list[Place]:
    return [share.on_candle(one).place for one in candles]


def test_candles_of_other_intervals_and_instruments_are_passed_over() -> None:
    share = Share(scanner(BTC))
    given = (candle(1), candle(1, "ETH"), candle(1, interval=5 * MINUTE), candle(2))
    assert places(share, *given) == [Place.NEXT, Place.FOREIGN, Place.FOREIGN, Place.NEXT]
    assert share.instruments == 1


def test_a_repeated_or_older_candle_does_not_reach_the_strategy() -> None:
    share = Share(scanner(bars=2))
    assert share.on_candle(candle(1)).proposal is None
    assert share.on_candle(candle(1, close="101")) == Scanned(Place.REPEATED)
    assert share.on_candle(candle(0)) == Scanned(Place.REPEATED)
    assert share.on_candle(candle(2)).proposal is not None


def test_a_candle_after_a_hole_is_named_and_the_strategy_reads_on() -> None:
    share = Share(scanner(bars=2))
    assert places(share, candle(1), candle(3)) == [Place.NEXT, Place.AFTER_GAP]
    assert places(share, candle(4)) == [Place.NEXT]


def test_each_instrument_has_a_watcher_of_its_own() -> None:
    share, alone = Share(scanner()), Share(scanner())
    mixed = [share.on_candle(candle(bar, symbol)).proposal for bar in range(9) for symbol in ("BTC", "ETH")]
    assert mixed[::2] == [alone.on_candle(candle(bar)).proposal for bar in range(9)]
    assert [one is not None for one in mixed[1::2]] == [False, False, True] * 3


def test_a_proposal_becomes_a_request_of_a_source_with_the_figures_of_the_strategy() -> None:
    read = candle(2)
    proposal = Every(1).watch().on_candle(read)
    assert proposal is not None
    requested = scanner().requested(proposal, read.close_time, "main")
    check(requested)
    assert (requested.actor, requested.role, requested.account) == ("source:pump", Role.SOURCE, "main")
    assert requested.valid_until == read.close_time + timedelta(seconds=30)
    assert isinstance(requested.request, RaiseSignal)
    signal = requested.request.signal
    assert (signal.strategy, signal.instrument, signal.interval_seconds) == ("pump", BTC, 60)
    assert (signal.price, signal.stop, signal.target) == (Decimal(100), Decimal(99), Decimal(102))
    assert (signal.confidence, signal.trend, signal.inputs) == (0.75, 0.5, {"read": 1.0})
    assert signal.candle_closed_at == read.close_time


@pytest.mark.parametrize(
    "other",
    [
        ("dump", BTC, MINUTE, candle(1).close_time),
        ("pump", ETH, MINUTE, candle(1).close_time),
        ("pump", BTC, 5 * MINUTE, candle(1).close_time),
        ("pump", BTC, MINUTE, candle(2).close_time),
    ],
)
def test_the_key_differs_by_scanner_instrument_interval_and_candle(
    other: tuple[str, str, timedelta, datetime],
) -> None:
    own = scan_key("pump", BTC, MINUTE, candle(1).close_time)
    assert own == scan_key("pump", BTC, MINUTE, candle(1).close_time)
    assert scan_key(*other) != own
