"""Models that read several rows: those of the instrument's scored signals before, from the log alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.identity import ENGINE
from commands.inputs import MarketMoved
from commands.scorer import ModelScorer
from commands.signal import RaiseSignal
from commands.stimulus import Ask, Stimulus
from commands.world import World
from domain.earlier_rows import EarlierRow, EarlierRows, rows_before, with_row
from domain.log import chain_id
from domain.model import ModelRole
from domain.most_rows import MOST_ROWS
from domain.scored import ScoreOutcome, SignalScored
from tests.commands.desk import Desk, long
from tests.commands.models_of_tests import (
    FIRST,
    READERS,
    SECOND,
    FakeModel,
    Folder,
    clock,
    promotion,
    registration,
)
from tests.commands.requests.asking import Asking
from tests.commands.test_marking import a_candle
from tests.commands.test_scoring import scores_of, verified
from tests.domain.history import ACCOUNT, LOG_ID, NOW, D

ETH = "ETHUSDT-LINEAR.BYBIT"
MODELS = FakeModel(FIRST, earlier=2), FakeModel(SECOND, earlier=1)


def _trading() -> Asking:
    """The champion reads two earlier rows, the challenger one."""
    eve = Asking(None, Desk(scorer=ModelScorer(Folder(*MODELS).model_of), readers=READERS))
    for request in (
        registration(),
        registration(SECOND),
        promotion(),
        promotion(SECOND, ModelRole.CHALLENGER),
    ):
        eve.accepted(request)
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    return eve


def _confidences(eve: Asking, gain: float, instrument: str = ETH) -> list[float | None]:
    recorded = eve.desk.see(long(inputs={"gain": gain}, instrument=instrument))
    return [one.confidence for one in scores_of(recorded)]


def test_a_model_reads_the_rows_of_the_instruments_signals_before_and_no_other() -> None:
    eve = _trading()
    assert _confidences(eve, 0.8) == [0.8, 0.8]
    assert _confidences(eve, 0.4) == [0.6, 0.6]
    assert _confidences(eve, 0.1, "BTCUSDT-LINEAR.BYBIT") == [0.1, 0.1]
    assert _confidences(eve, 0.6) == [0.6, 0.5]
    assert _confidences(eve, 0.2) == [0.4, 0.4]


def test_scores_of_several_rows_are_made_again_from_the_log() -> None:
    eve = _trading()
    for gain in (0.8, 0.4, 0.6, 0.2):
        _confidences(eve, gain)
    again = verified(eve.desk.log, Folder(*MODELS))
    assert again.is_equal
    assert again.made["SignalScored"] == 8
    shifted = verified(eve.desk.log, Folder(FakeModel(FIRST, earlier=1), MODELS[1]))
    assert {one.type for one in shifted.divergences} == {SignalScored.__name__}


def test_a_world_that_is_folded_from_the_log_has_the_same_rows() -> None:
    eve = _trading()
    _confidences(eve, 0.8)
    rows = eve.desk.world.portfolio.scored_rows
    world = World().fold_all(eve.desk.log.envelopes)
    assert rows == world.portfolio.scored_rows
    assert {place: [one.values for one in kept] for place, kept in rows.items()} == {
        (ETH, "test.1"): [(0.8, None)]
    }


def test_scores_of_signals_of_one_late_candle_are_made_again_from_the_log() -> None:
    """The second signal is of the candle of the first, in a later unit, and two signals of it share a third unit."""
    eve = _trading()
    closed_at = eve.desk.at
    found: list[float | None] = []
    for gains in ((0.8,), (0.4,), (0.6, 0.2)):
        eve.desk.at += timedelta(seconds=5)
        asks = [_late(gain, closed_at, eve.desk.at) for gain in gains]
        recorded = eve.desk.handle(Stimulus(eve.desk.at, tuple(asks)))
        found += [one.confidence for one in scores_of(recorded) if one.role is ModelRole.CHAMPION]
    assert found == [0.8, 0.6, 0.6, 0.466667]
    again = verified(eve.desk.log, Folder(*MODELS))
    assert again.is_equal
    assert again.made["SignalScored"] == 8


def _late(gain: float, closed_at: datetime, at: datetime) -> Ask:
    fact = f"candle:{ETH}:{at.isoformat()}:{gain}"
    chain = chain_id(LOG_ID, ACCOUNT, fact)
    signal = long(inputs={"gain": gain}, instrument=ETH, candle_closed_at=closed_at)
    return Ask(
        command=RaiseSignal(chain, signal), cause=fact, occurred_at=closed_at, actor=ENGINE, chain=chain
    )


def test_a_row_is_kept_where_the_score_was_late_and_not_where_it_failed() -> None:
    eve = Asking(None, Desk(scorer=ModelScorer(Folder(*MODELS).model_of, clock(6.0), 5.0), readers=READERS))
    eve.accepted(registration())
    eve.accepted(promotion())
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    recorded = [
        score
        for gain in (0.8, 1.5, 0.4)
        for score in scores_of(eve.desk.see(long(inputs={"gain": gain}, instrument=ETH)))
    ]
    assert [one.outcome for one in recorded] == [ScoreOutcome.LATE, ScoreOutcome.FAILED, ScoreOutcome.OK]
    assert recorded[-1].confidence == 0.6
    (kept,) = eve.desk.world.portfolio.scored_rows.values()
    assert [one.values[0] for one in kept] == [0.8, 0.4]


def test_only_the_last_rows_are_kept_and_those_of_the_same_time_are_not_read() -> None:
    rows: EarlierRows = {}
    for at in range(MOST_ROWS + 5):
        rows = with_row(rows, ETH, "test.1", EarlierRow(NOW + timedelta(seconds=at), (float(at),)))
    (kept,) = rows.values()
    assert [one.values[0] for one in kept] == list(map(float, range(5, MOST_ROWS + 5)))
    until = NOW + timedelta(seconds=MOST_ROWS + 3)
    assert rows_before(rows, ETH, "test.1", until)[-1] == (float(MOST_ROWS + 2),)
    assert rows_before(rows, ETH, "other.1", until) == []
