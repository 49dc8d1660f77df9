"""A book that is lost in a recording, through the whole engine: entries are skipped, and stops rest."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.market_recordings.row import BookRow, MarketRow, Notice
from domain.book.settings import BookSettings
from domain.candle import Candle
from domain.direction import Direction
from domain.management.settings import ManagementSettings
from domain.order import OrderCancelled, OrderPlaced, OrderType
from domain.position import PositionClosed, ProtectionMoved
from domain.signal import DecisionMade, Verdict
from domain.sizing.settings import SizingSettings
from domain.strategies.builtin import StrategyFactory
from infra.recording.market import RecordedMarket, of_folder
from infra.run.backtesting import Backtesting
from infra.run.book_recording import book_recording
from infra.run.plan import plan_of
from tests.domain.book.frames import snapshot
from tests.infra.recording.test_market import (
    BTC,
    MS,
    START,
    book_row,
    candle_row,
    notice_row,
    trade_row,
    written,
)
from tests.infra.run.proposing import Proposing, Way
from tests.journeys.runs import EAGER
from tests.replacing import replace

MINUTES = 6
D = Decimal
AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START // 1_000)


class AlwaysLong(Proposing):
    """Proposes a long at each candle."""

    def way(self, candle: Candle) -> Way:
        return Way(Direction.LONG, D(90), D(130))


BUILT_IN: Mapping[str, StrategyFactory] = {"trend": lambda _given: AlwaysLong()}


def test_while_the_book_is_lost_entries_are_skipped_and_the_stop_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[MarketRow] = [notice_row(0, Notice.BEGUN)]
    for second in range(60 * MINUTES):
        rows.append(book_row(1_000 * second, second + 1, whole=second in (0, 245)))
        rows.append(trade_row(1_000 * second + 10))
        if second == 170:
            rows.append(notice_row(1_000 * second + 30, Notice.GAP, "nothing came for 10 s"))
        if second % 60 == 0 and second:
            rows.append(candle_row(second // 60 - 1))
    market = RecordedMarket(of_folder(written(tmp_path / "recording", rows)))
    monkeypatch.setattr("infra.trading.BUILTIN", BUILT_IN)
    settings = replace(
        EAGER,
        sizing=SizingSettings(risk=D("0.005")),
        book=BookSettings(required=True, max_slippage_bps=D(0)),
    )
    plan = plan_of(market.tapes(), "paper", D(1_000), D(5), settings)
    with closing(Backtesting(book_recording(plan, market))) as made:
        for _ in made.steps():
            pass
        events = [one.envelope for one in made.events()]
    lost, again = AT + timedelta(seconds=170), AT + timedelta(seconds=245)
    decided = [(one.meta.recorded_at, one.event) for one in events if isinstance(one.event, DecisionMade)]
    before, within, after = (
        [one for at, one in decided if at < lost],
        [one for at, one in decided if lost <= at < again],
        [one for at, one in decided if at >= again],
    )
    assert before[0].verdict is Verdict.ENTER
    assert [one.verdict for one in within] == [Verdict.SKIP] * len(within)
    assert within
    assert all("BOOK_UNKNOWN" in one.reasons for one in within)
    assert after
    assert all("BOOK_UNKNOWN" not in one.reasons for one in after)
    stops = {
        one.meta.stream
        for one in events
        if isinstance(one.event, OrderPlaced) and one.event.type is OrderType.STOP
    }
    assert stops
    assert [one for one in events if isinstance(one.event, OrderCancelled) and one.meta.stream in stops] == []


def a_book(second: int, bid: str) -> MarketRow:
    """A whole book of one unit a level, but for fifty at a bid of one below the best."""
    best = D(bid)
    sent = START // MS + 1_000 * second
    frame = snapshot(
        second + 1,
        [(str(best - D("0.5") * n), "50" if n == 2 else "1") for n in range(6)],
        [(str(best + D("0.1") + D("0.5") * n), "9") for n in range(6)],
        at=sent,
    )
    return BookRow(arrived_ns=START + (1_000 * second + 20) * MS, instrument=BTC, depth=50, frame=frame)


def test_the_stop_behind_levels_pauses_while_the_book_is_lost_and_rests_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[MarketRow] = [notice_row(0, Notice.BEGUN)]
    for second in range(60 * MINUTES):
        price = "100.0" if second < 100 else "103.0" if second < 150 else "106.0"
        if not 130 <= second < 245:
            rows.append(a_book(second, price))
        rows.append(trade_row(1_000 * second + 10, price))
        if second == 130:
            rows.append(notice_row(1_000 * second + 30, Notice.GAP, "nothing came for 10 s"))
        if second % 60 == 0 and second:
            rows.append(candle_row(second // 60 - 1))
    market = RecordedMarket(of_folder(written(tmp_path / "recording", rows)))
    monkeypatch.setattr("infra.trading.BUILTIN", BUILT_IN)
    settings = replace(
        EAGER,
        sizing=SizingSettings(risk=D("0.005")),
        book=BookSettings(required=True, max_slippage_bps=D(0)),
        management=ManagementSettings(
            book_stop_at=D("0.01"), book_behind=D("0.001"), book_distance=D("0.005")
        ),
    )
    plan = plan_of(market.tapes(), "paper", D(1_000), D(5), settings)
    with closing(Backtesting(book_recording(plan, market))) as made:
        for _ in made.steps():
            pass
        events = [one.envelope for one in made.events()]
    moved = [
        ((one.meta.occurred_at - AT) // timedelta(seconds=1), stop)
        for one in events
        if isinstance(one.event, ProtectionMoved) and (stop := one.event.stop) is not None
    ]
    (before, first), (after, second_stop) = moved
    assert (100 <= before < 130, first < D(102)) == (True, True), moved
    assert (after >= 245, D(104) < second_stop < D(105)) == (True, True), moved
    assert [one for one in events if isinstance(one.event, PositionClosed)] == []
