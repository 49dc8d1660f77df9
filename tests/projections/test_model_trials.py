"""A challenger is tried against the champion in force alone, and anew, at a smaller share, after each change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.arms.split import Arm
from domain.learning.auto_settings import AutoSettings
from domain.learning.promotion import Ruling, Trial
from domain.log import Recorded
from domain.model import DriftFound, ModelEvent, ModelPromoted, ModelRegistered, ModelRetired, ModelRole
from domain.order import OrderRejected
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import Verdict
from domain.streams import model_stream, signal_stream
from projections.model_scores import ModelBook
from projections.model_trials import trial_of
from projections.scored_trades import ScoredTrades, TradeClosed, TrialBegun
from tests.domain.history import (
    ACCOUNT,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_opening,
)

OLD, NEW, CHALLENGER = "a" * 64, "b" * 64, "c" * 64
CHAMPION_ROLE, CHALLENGER_ROLE = ModelRole.CHAMPION, ModelRole.CHALLENGER


def _at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def _log(*events: tuple[int, ModelEvent], data_until: int = 0) -> list[Recorded]:
    """The models are registered at hour 0, and trained on signals until this hour; `events` have their hours."""
    history = History()
    stream = model_stream(ACCOUNT, "main")
    for sha256 in (OLD, NEW, CHALLENGER):
        known = ModelRegistered(
            name="main",
            sha256=sha256,
            feature_set="core.1",
            data_from=NOW,
            data_until=_at(data_until),
            labels=1,
            seed=0,
            metrics={},
            reason="trained",
        )
        history.record(stream, known, at=_at(0))
    for hours, event in events:
        history.record(stream, event, at=_at(hours))
    return [Recorded(ordinal, envelope) for ordinal, envelope in enumerate(history.envelopes, 1)]


def _folded(*events: tuple[int, ModelEvent]) -> ScoredTrades:
    return ScoredTrades().take_all(_log(*events))


def _role(sha256: str, role: ModelRole, replaced: str = "") -> ModelPromoted:
    return ModelPromoted(name="main", sha256=sha256, role=role, reason="tried", replaced=replaced)


def _retired(sha256: str) -> ModelRetired:
    return ModelRetired(name="main", sha256=sha256, reason="tried")


def _score(sha256: str, role: ModelRole, confidence: float) -> SignalScored:
    return SignalScored(
        model=sha256,
        name="main",
        role=role,
        feature_set="core.1",
        values=(),
        outcome=ScoreOutcome.OK,
        confidence=confidence,
        risk=0.1,
        expected_return=0.01,
    )


def _trades(champion: str | None, begin: int, count: int) -> list[TradeClosed]:
    """From hour `begin` on the challenger is right by 0.3; the champion, if there is one, states 0.5."""
    found = list[TradeClosed]()
    for at in range(count):
        gained = at % 2 == 0
        scores = [_score(CHALLENGER, CHALLENGER_ROLE, 0.8 if gained else 0.2)]
        if champion is not None:
            scores.insert(0, _score(champion, CHAMPION_ROLE, 0.5))
        opened = _at(begin + 2 * at)
        found.append(TradeClosed(opened, opened + timedelta(hours=1), tuple(scores), gained))
    return found


def _trial(scored: ScoredTrades, trades: list[TradeClosed]) -> Trial:
    scored.steps = [*trades]
    return trial_of(CHALLENGER, scored, AutoSettings())


BEGIN = ((1, _role(OLD, CHAMPION_ROLE)), (1, _role(CHALLENGER, CHALLENGER_ROLE)))
REPLACED = (*BEGIN, (1_000, _role(NEW, CHAMPION_ROLE, OLD)))


def test_evidence_against_an_older_champion_does_not_count() -> None:
    trades = _trades(OLD, 2, 200)
    assert _trial(_folded(*BEGIN), trades).ruling is Ruling.PROMOTE
    later = _trial(_folded(*REPLACED), trades)
    assert (later.ruling, later.signals) == (Ruling.WAIT, 0)


def test_evidence_against_the_base_rate_does_not_count_once_a_champion_is_in_force() -> None:
    trades = _trades(None, 2, 200)
    without = _folded((1, _role(CHALLENGER, CHALLENGER_ROLE)))
    assert _trial(without, trades).ruling is Ruling.PROMOTE
    later = _folded((1, _role(CHALLENGER, CHALLENGER_ROLE)), (1_000, _role(NEW, CHAMPION_ROLE)))
    assert _trial(later, trades).signals == 0


def test_a_trade_that_the_champion_did_not_score_does_not_count_while_it_is_in_force() -> None:
    assert _trial(_folded(*BEGIN), _trades(None, 2, 200)).signals == 0


def test_a_trade_of_arm_b_does_not_count_because_the_challenger_chose_it() -> None:
    trades = [replace(one, is_arm_b=at % 2 == 0) for at, one in enumerate(_trades(OLD, 2, 200))]
    assert _trial(_folded(*BEGIN), trades).signals == 100


@pytest.mark.parametrize(("arm", "is_arm_b"), [(Arm.NONE, False), (Arm.A, False), (Arm.B, True)])
def test_a_closed_trade_is_of_the_arm_in_which_its_entry_was_decided(arm: Arm, is_arm_b: bool) -> None:
    history = History().signal(a_signal(), _score(OLD, CHAMPION_ROLE, 0.5), a_decision(arm=arm))
    history.position(an_opening(), a_closing(D(4), D(10_004)))
    recorded = [Recorded(ordinal, one) for ordinal, one in enumerate(history.envelopes, 1)]
    assert [one.is_arm_b for one in ScoredTrades().take_all(recorded).trades] == [is_arm_b]


def test_evidence_against_a_champion_that_comes_back_counts_from_its_return() -> None:
    back = _folded(*REPLACED, (2_000, _role(OLD, CHAMPION_ROLE, NEW)))
    assert _trial(back, _trades(OLD, 2, 200)).signals == 0
    assert _trial(back, _trades(OLD, 2_001, 50)).signals == 50


def test_evidence_counts_from_the_last_time_that_the_model_became_a_challenger() -> None:
    again = _folded(*BEGIN, (900, _retired(CHALLENGER)), (1_000, _role(CHALLENGER, CHALLENGER_ROLE)))
    assert _trial(again, _trades(OLD, 2, 200)).signals == 0
    assert again.in_role_since[CHALLENGER] == _at(1_000)


def test_each_trial_has_the_next_share_of_the_budget() -> None:
    assert _folded(*BEGIN).trials == {CHALLENGER: TrialBegun(1, _at(1))}
    replaced = _folded(*REPLACED)
    assert replaced.trials == {CHALLENGER: TrialBegun(2, _at(1_000))}
    assert _trial(replaced, []).level < _trial(_folded(*BEGIN), []).level
    beside = _folded(*REPLACED, (1_001, _role(OLD, CHALLENGER_ROLE)))
    assert beside.trials == {CHALLENGER: TrialBegun(2, _at(1_000)), OLD: TrialBegun(3, _at(1_001))}
    assert _folded(*REPLACED, (1_001, _retired(CHALLENGER))).trials == {}


def test_the_drifts_of_a_model_in_its_role_begin_anew_when_it_gets_one() -> None:
    drift = DriftFound(
        name="main",
        sha256=OLD,
        subject="adx",
        test="PSI",
        statistic=0.3,
        limit=0.25,
        count=200,
        begin=NOW,
        end=NOW,
        reason="whence models auto",
    )
    drifted = (*BEGIN, (2, drift), (3, _retired(OLD)))
    record = ModelBook().take_all(_log(*drifted)).models[OLD]
    assert record.drifts == record.drifts_in_role == [drift]
    back = ModelBook().take_all(_log(*drifted, (4, _role(OLD, CHAMPION_ROLE)))).models[OLD]
    assert (back.drifts, back.drifts_in_role) == ([drift], [])


def _entering(history: History) -> History:
    """Champion and challenger score the signal of hour 2, and it is entered."""
    scores = _score(OLD, CHAMPION_ROLE, 0.5), _score(CHALLENGER, CHALLENGER_ROLE, 0.8)
    stream = signal_stream(ACCOUNT, "abc")
    return history.record(stream, a_signal(), *scores, a_decision(verdict=Verdict.ENTER), at=_at(2))


def test_a_scored_entry_is_open_from_its_decision_until_its_position_is_closed() -> None:
    entered = _entering(History())
    opened = _entering(History()).position(an_opening())
    closed = _entering(History()).position(an_opening(), a_closing(D(1), D(1)))
    assert [_numbers(one) for one in (entered, opened, closed)] == [(1, 0), (1, 0), (0, 1)]
    rejected = _entering(History()).order("abc-e1", OrderRejected(reason="no funds"))
    assert _numbers(rejected) == (0, 0)


def _numbers(history: History) -> tuple[int, int]:
    """The open and the closed trades."""
    recorded = [Recorded(at, envelope) for at, envelope in enumerate(history.envelopes, 1)]
    scored = ScoredTrades().take_all(recorded)
    return len(scored.open_trades), len(scored.trades)


def test_no_trade_after_an_open_one_that_counts_is_evidence() -> None:
    scored = _folded(*BEGIN)
    assert _trial(scored, _trades(OLD, 3, 200)).signals == 200
    envelopes = _entering(History()).envelopes
    scored = _folded(*BEGIN).take_all(Recorded(at, one) for at, one in enumerate(envelopes, 100))
    assert _trial(scored, _trades(OLD, 3, 200)).signals == 0


def test_signals_of_the_time_on_which_the_challenger_was_trained_are_no_evidence() -> None:
    scored = ScoredTrades().take_all(_log(*BEGIN, data_until=100))
    assert _trial(scored, _trades(OLD, 3, 50)).signals == 1  # that of hour 101
    assert _trial(scored, _trades(OLD, 101, 50)).signals == 50
