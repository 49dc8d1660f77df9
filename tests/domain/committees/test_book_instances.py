"""The limits of the account and of an instance hold for entries that a strategy proposes at a reading of a book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from domain.committees import decide
from domain.direction import Direction
from domain.limits.settings import LimitSettings, OwnLimitSettings
from domain.model import ModelRole
from domain.models.settings import OwnModelSettings
from domain.pause import EntriesPaused
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import RiskSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.sizing.settings import OwnSizingSettings, SizingRule, SizingSettings
from domain.strategies import BookWatcher, Proposal
from domain.strategies.book_scalper import BookScalper
from domain.strategies.book_scalper_parameters import BookScalperParameters
from domain.streams import pause_stream
from tests.domain.committees.test_policy import a_view, holding, holding_eth
from tests.domain.history import ACCOUNT, BTC, NOW, D, History, an_open_day, money
from tests.domain.strategies.made_books import a_book
from tests.domain.strategies.test_book_strategies import ABSORBED
from tests.replacing import replace

NAME = "book-scalper"
OWN = StrategySettings(NAME, minimum_trend=-1.0, minimum_reward_to_risk=D(0))


def _proposal() -> Proposal:
    """An ENTER LONG at 1,000.1, with a far stop and target, so that fees do not refuse it."""
    given = BookScalperParameters(stop_most=100.0, behind=100.0, reward=4.0)
    watcher = BookScalper(given).watch()
    assert isinstance(watcher, BookWatcher)
    figures = {**ABSORBED, "imbalance_5": 0.9}
    found = [watcher.on_book(a_book(number, figures, strong={"999.1": "9"})) for number in range(3)]
    assert found[2] is not None
    return found[2]


def a_signal_of_a_book(inputs: Mapping[str, float] | None = None) -> SignalDetected:
    made = _proposal()
    return SignalDetected(
        strategy=NAME,
        instrument=BTC,
        interval_seconds=int(made.interval.total_seconds()),
        candle_closed_at=NOW,
        direction=made.direction,
        intent=made.intent,
        confidence=made.confidence,
        trend=made.trend,
        price=made.price,
        stop=made.stop,
        target=made.target,
        inputs=inputs or made.inputs,
    )


def with_own(**changed: Any) -> Settings:
    return Settings(strategies=(replace(OWN, **changed),))


def decided(
    history: Callable[[Settings], History] = an_open_day,
    settings: Settings | None = None,
    inputs: Mapping[str, float] | None = None,
) -> DecisionMade:
    return decide(a_signal_of_a_book(inputs), a_view(history(settings or with_own())))


def paused(settings: Settings) -> History:
    lost = EntriesPaused(
        owner=NAME, losses=5, net=D("-12.5"), positions=("position-main-x-LONG-1",), until=None
    )
    return an_open_day(settings).record(pause_stream(ACCOUNT, NAME), lost)


def holding_the_pair(settings: Settings) -> History:
    return holding(an_open_day(settings), NAME)


def holding_another(settings: Settings) -> History:
    return holding_eth(an_open_day(settings))


def after_a_lost_day(settings: Settings) -> History:
    return an_open_day(settings).account(money(D(-500), D(9_500)))


def test_an_entry_at_a_reading_is_decided_as_any_other() -> None:
    found = decided()
    assert (found.verdict, found.reasons) == (Verdict.ENTER, ("ALL_APPROVE",))
    assert _proposal().direction is Direction.LONG


@pytest.mark.parametrize(
    ("history", "settings", "inputs", "reason"),
    [
        (holding_the_pair, with_own(), None, "MAX_POSITIONS_PER_INSTRUMENT"),
        (
            holding_another,
            replace(with_own(), limits=LimitSettings(max_correlated_positions=1)),
            {"hourly_correlation.ETHUSDT-LINEAR.BYBIT": 0.9},
            "MAX_CORRELATED_POSITIONS",
        ),
        (
            after_a_lost_day,
            with_own(),
            None,
            "DAILY_LOSS_LIMIT",
        ),
        (paused, with_own(limits=OwnLimitSettings(strategy_losses=5)), None, "STRATEGY_PAUSED_AFTER_LOSSES"),
        (
            an_open_day,
            replace(with_own(), risk=RiskSettings(max_risk_per_trade=D("0.001"))),
            None,
            "RISK_PER_TRADE",
        ),
    ],
    ids=["pair", "correlated", "day's loss", "losses in a row", "risk of a trade"],
)
def test_a_limit_refuses_an_entry_at_a_reading(
    history: Callable[[Settings], History],
    settings: Settings,
    inputs: Mapping[str, float] | None,
    reason: str,
) -> None:
    found = decided(history, settings, inputs)
    assert found.verdict is Verdict.SKIP
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("rule", "share"),
    [
        (SizingRule.FIXED, D("0.71")),
        (SizingRule.PERCENT, D("0.71")),
        (SizingRule.RISK, D("0.71")),
        (SizingRule.MINIMUM, D(1)),
    ],
)
def test_a_size_by_confidence_is_that_share_of_the_rules_quantity(rule: SizingRule, share: Decimal) -> None:
    """The confidence is 0.5 · 0.9 + 0.3 · 0.533… + 0.2 · 0.5 = 0.71."""
    sizing = SizingSettings(rule=rule, quantity=D(1), percent=D("0.1"))
    whole = decided(settings=replace(with_own(), sizing=sizing)).quantity
    own = replace(with_own(sizing=OwnSizingSettings(by_confidence=True)), sizing=sizing)
    part = decided(settings=own).quantity
    assert part / whole == pytest.approx(share, abs=D("0.002"))


@pytest.mark.parametrize(("probability", "verdict"), [(0.79, Verdict.SKIP), (0.81, Verdict.ENTER)])
def test_the_probability_of_the_model_is_judged_by_the_limit_of_the_instance(
    probability: float, verdict: Verdict
) -> None:
    score = SignalScored(
        model="a" * 64,
        name="main",
        role=ModelRole.CHAMPION,
        feature_set="book.1",
        values=(),
        outcome=ScoreOutcome.OK,
        confidence=probability,
        risk=0.1,
        expected_return=0.01,
    )
    view = a_view(an_open_day(with_own(models=OwnModelSettings(minimum_confidence=0.8))))
    found = decide(a_signal_of_a_book(), replace(view, score=score))
    assert found.verdict is verdict
    assert ("SCORE_CONFIDENCE_TOO_LOW" in found.reasons) is (verdict is Verdict.SKIP)
