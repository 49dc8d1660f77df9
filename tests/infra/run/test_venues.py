"""A backtest of the recorded books of equal instruments: entered in the cheaper one, closed there, and verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.market_recordings.row import BookRow, MarketRow
from domain.candle import Candle
from domain.catalogue import Listing
from domain.direction import Direction
from domain.instrument import RulesOrigin
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed
from domain.settings import Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from domain.strategies.builtin import StrategyFactory
from domain.venues.settings import VenueSettings
from infra.recording.market import RecordedMarket, of_folder
from infra.run.backtesting import Backtesting
from infra.run.book_recording import book_recording
from infra.run.plan import plan_of
from infra.run.redeciding import Redecision
from tests.domain.book.frames import BIDS, delta, snapshot
from tests.domain.history import an_instrument
from tests.infra.recording.test_market import BTC, MS, START, candle_row, written
from tests.infra.run.proposing import Proposing, Way
from tests.journeys.runs import EAGER
from tests.replacing import replace

_Event = TypeVar("_Event")
D = Decimal
OTHER = "XBTUSDT-LINEAR.BYBIT"
"""A second contract of the same coin at the same exchange: an account is of one exchange."""
RULES = {
    name: Listing(an_instrument(name, base="BTC"), RulesOrigin("a test", None, False))
    for name in (BTC, OTHER)
}
ASKS = {BTC: (("100.9", "9"),), OTHER: (("100.3", "0.5"), ("100.4", "9"))}
"""The spread of the proposed instrument is 70 basis points, that of the other one 10."""


class EntersAndExits(Proposing):
    """Proposes a long at the close of the first candle, and its end at the close of the third one."""

    def way(self, candle: Candle) -> Way | None:
        minute = (int(candle.open_time.timestamp()) - START // 1_000_000_000) // 60
        ways = {
            0: Way(Direction.LONG, D(95), D(110)),
            2: Way(Direction.SHORT, D(95), D(110), Intent.EXIT),
        }
        return ways.get(minute)


BUILT_IN: Mapping[str, StrategyFactory] = {"trend": lambda _given: EntersAndExits()}
EQUAL = VenueSettings(equal=(f"{BTC}={OTHER}",))


def book_rows(instrument: str) -> Iterator[MarketRow]:
    """A book that changes every second, far from the best prices, for four minutes."""
    for second in range(240):
        at = START // MS + second * 1_000
        frame = (
            delta(second + 1, [("99.0", f"{second}.5")], at=at)
            if second
            else snapshot(1, BIDS, ASKS[instrument], at=at)
        )
        yield BookRow(arrived_ns=(at + 20) * MS, instrument=instrument, depth=50, frame=frame)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [row for name in ASKS for row in book_rows(name)]
    rows += [candle_row(minute, instrument=name) for name in ASKS for minute in range(4)]
    return written(tmp_path_factory.mktemp("recording"), sorted(rows, key=lambda row: row.arrived_ns))


def played(folder: Path, venues: VenueSettings, monkeypatch: pytest.MonkeyPatch) -> list[Envelope]:
    """The events of a backtest; every decision is made again from them and equals the recorded one."""
    monkeypatch.setattr("infra.trading.BUILTIN", BUILT_IN)
    market = RecordedMarket(of_folder(folder))
    settings: Settings = replace(
        EAGER, strategies=(StrategySettings("trend", instruments=(BTC,)),), venues=venues
    )
    made = book_recording(plan_of(market.tapes(), "paper", D(10_000), D(1), settings, imported=RULES), market)
    with closing(Backtesting(made)) as run:
        assert list(run.steps())[-1] == run.recording.total
        found, redecision = list(run.events()), Redecision()
    assert list(redecision.steps(found))
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    return [one.envelope for one in found]


def of(envelopes: Sequence[Envelope], kind: type[_Event]) -> list[_Event]:
    return [one.event for one in envelopes if isinstance(one.event, kind)]


def test_a_round_trip_is_made_in_the_cheaper_instrument_and_verified_twice_alike(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = played(folder, EQUAL, monkeypatch)
    entry, exit_ = of(found, SignalDetected)
    assert (entry.instrument, entry.price, exit_.instrument) == (OTHER, D("100.3"), OTHER)
    assert [one.verdict for one in of(found, DecisionMade)] == [Verdict.ENTER, Verdict.CLOSE]
    assert {one.instrument for one in of(found, OrderPlaced)} == {OTHER}
    bought = [one for one in of(found, OrderFilled) if one.price > D("100.2")]
    assert {one.price for one in bought} <= {D("100.3"), D("100.4")}
    (closed,) = [one.meta.stream for one in found if isinstance(one.event, PositionClosed)]
    assert closed == f"position-paper-{OTHER}-LONG-1"
    assert played(folder, EQUAL, monkeypatch) == found


def test_without_equal_instruments_the_same_market_is_traded_where_it_is_proposed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = played(folder, VenueSettings(), monkeypatch)
    assert {one.instrument for one in of(found, OrderPlaced)} == {BTC}
    assert [(one.venue, one.book) for one in of(found, SignalDetected)] == [(None, None)] * 2
