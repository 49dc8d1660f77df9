"""Weights in decisions: each scale alone changes what is decided, and an entry without a row keeps its decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.arithmetic import ONE
from domain.committees import Flat, decide, decide_reversal
from domain.committees.margins import Must, margins_of
from domain.committees.plan import plan
from domain.direction import Direction
from domain.entry import Entry
from domain.regime import Regime
from domain.regimes.settings import RegimeLimits
from domain.settings import OnOpposite, RiskSettings, Settings
from domain.signal import Decided, DecisionMade, SignalDetected, Verdict, Vote
from domain.sizing.settings import SizingRule, SizingSettings
from domain.weights.scale import WeightScale
from domain.weights.settings import ANY, Weight, WeightSettings
from tests.domain.committees.test_additions import STRONG, adding, held
from tests.domain.committees.test_levels import LOW, a_grid
from tests.domain.committees.test_policy import AGAINST, SIGNAL, a_view, holding
from tests.domain.committees.test_regimes import in_force, with_limits
from tests.domain.history import BTC, ETH, NOW, a_signal, an_open_day
from tests.replacing import replace

D = Decimal
SIZE, CONFIDENCE = WeightScale.SIZE, WeightScale.CONFIDENCE


def weighted(
    weight: str,
    scales: WeightScale = SIZE,
    base: Settings | None = None,
    *,
    strategy: str = "trend",
    instrument: str = ANY,
    regime: str = ANY,
) -> Settings:
    row = Weight(strategy=strategy, instrument=instrument, regime=regime, weight=D(weight))
    return replace(base or Settings(), weights=WeightSettings(scales=scales, table=(row,)))


def decided(settings: Settings, signal: SignalDetected = SIGNAL) -> DecisionMade:
    return decide(signal, a_view(an_open_day(settings)))


def vote_of(decision: DecisionMade, member: str) -> Vote:
    (found,) = (one for one in decision.votes if one.member == member)
    return found


@pytest.mark.parametrize(
    ("sizing", "full", "half"),
    [
        # 1 % of 10,000 at a stop 2 below 100, on the tick 97.9 below it
        (SizingSettings(), D(50), D(25)),
        (SizingSettings(rule=SizingRule.PERCENT, percent=D("0.1")), D(10), D(5)),
        (SizingSettings(rule=SizingRule.FIXED, quantity=D("0.003")), D("0.003"), D("0.001")),
    ],
    ids=lambda one: one.rule.value if isinstance(one, SizingSettings) else "",
)
def test_a_weight_scales_the_size_of_each_sizing_rule_before_the_lot(
    sizing: SizingSettings, full: Decimal, half: Decimal
) -> None:
    base = Settings(sizing=sizing)
    signal = a_signal(price=D(10_000), stop=D(9_800), target=D(10_600)) if full < 1 else SIGNAL
    assert decided(base, signal).quantity == full
    assert decided(weighted("0.5", base=base), signal).quantity == half


def test_a_weight_of_2_doubles_the_size_and_the_risk_per_trade_still_binds() -> None:
    assert decided(weighted("2")).quantity == D(100)
    strict = Settings(risk=RiskSettings(max_risk_per_trade=D("0.0199")))
    refused = decided(weighted("2", base=strict))
    assert (refused.verdict, refused.reasons) == (Verdict.SKIP, ("RISK_PER_TRADE",))
    assert decided(weighted("1.99", base=strict)).verdict is Verdict.ENTER


def test_a_weight_scales_the_size_of_a_grid_and_of_an_addition() -> None:
    assert decided(LOW, a_grid()).quantity == D("24.369")
    assert decided(weighted("0.5", base=LOW), a_grid()).quantity == D("12.183")
    added = (decide(STRONG, a_view(held(one))) for one in (adding(), weighted("0.5", base=adding())))
    assert [one.quantity for one in added] == [D("24.390"), D("12.195")]


def test_a_weight_scales_the_confidence_that_the_tier_requires() -> None:
    assert decided(weighted("0.9", CONFIDENCE)).reasons == ("CONFIDENCE_BELOW_THRESHOLD",)
    low = a_signal(confidence=0.6)
    assert decided(Settings(), low).reasons == ("CONFIDENCE_BELOW_THRESHOLD",)
    entered = decided(weighted("1.1", CONFIDENCE), low)
    assert (entered.verdict, entered.quantity) == (Verdict.ENTER, D(50))
    figures = vote_of(entered, "confidence").figures
    assert figures["signal_confidence"] == "0.6"
    assert float(figures["confidence"]) == pytest.approx(0.66)


def test_a_scaled_confidence_is_at_most_1_and_one_that_is_invalid_stays_invalid() -> None:
    capped = decided(weighted("2", CONFIDENCE))
    assert (capped.verdict, vote_of(capped, "confidence").figures["confidence"]) == (Verdict.ENTER, "1.0")
    for invalid in (1.5, float("nan"), -0.5):
        signal = a_signal(confidence=invalid)
        assert decided(weighted("0.5", CONFIDENCE), signal).reasons == ("CONFIDENCE_BELOW_THRESHOLD",)


@pytest.mark.parametrize("scales", WeightScale)
def test_a_weight_of_0_refuses_an_entry_with_the_margin(scales: WeightScale) -> None:
    refused = decided(weighted("0", scales))
    assert refused.verdict is Verdict.SKIP
    assert "WEIGHT_ZERO" in refused.reasons
    (margin,) = margins_of(vote_of(refused, "weight"))
    assert (margin.must, margin.value, margin.limit) == (Must.ABOVE, D(0), D(0))


def test_a_weight_of_0_alone_refuses_where_no_confidence_is_required() -> None:
    base = Settings()
    base = replace(
        base, tiers=replace(base.tiers, normal_confidence=0.0, strict_confidence=0.0, relaxed_confidence=0.0)
    )
    assert decided(weighted("0", CONFIDENCE, base)).reasons == ("WEIGHT_ZERO",)


def test_the_decision_names_the_row_that_counted_and_what_it_scales() -> None:
    vote = vote_of(decided(weighted("0.5", instrument=BTC)), "weight")
    assert vote.approves
    assert vote.figures == {"weight": "0.5", "row": f"trend/{BTC}/*", "scales": "SIZE"}


@pytest.mark.parametrize("scales", WeightScale)
@pytest.mark.parametrize("other", [{"strategy": "breakout"}, {"instrument": ETH}, {"regime": "TREND"}])
def test_an_entry_without_a_row_has_the_decision_without_weights(
    scales: WeightScale, other: dict[str, Any]
) -> None:
    assert decided(weighted("0.1", scales, **other)) == decided(Settings())


def test_a_row_of_a_regime_counts_while_that_regime_is_in_force() -> None:
    settings = weighted("0.5", base=with_limits(RegimeLimits()), regime="RANGE")
    for regime, quantity in ((Regime.RANGE, D(25)), (Regime.TREND, D(50))):
        assert decide(SIGNAL, a_view(in_force(an_open_day(settings), regime))).quantity == quantity


@pytest.mark.parametrize("scales", WeightScale)
def test_a_weight_of_0_refuses_no_exit(scales: WeightScale) -> None:
    held_position = holding(an_open_day(weighted("0", scales)))
    assert decide(AGAINST, a_view(held_position)).verdict is Verdict.CLOSE


def test_the_entry_of_a_reversal_has_its_weight_and_is_refused_where_that_is_0_by_then() -> None:
    base = Settings(on_opposite=OnOpposite.REVERSE, risk=RiskSettings(cooldown_seconds=0))
    full, half = (
        decide(AGAINST, a_view(holding(an_open_day(one)))) for one in (base, weighted("0.5", base=base))
    )
    assert (full.verdict, half.verdict) == (Verdict.REVERSE, Verdict.REVERSE)
    assert abs(half.quantity - full.quantity / 2) <= D("0.001")
    refused = decide(AGAINST, a_view(holding(an_open_day(weighted("0", base=base)))))
    assert refused.verdict is Verdict.CLOSE
    assert "WEIGHT_ZERO" in refused.reasons

    flat, state = Flat(D(100), D(10_000), NOW), Decided(AGAINST, half)
    legs = {
        weight: decide_reversal(state, NOW, flat, a_view(an_open_day(weighted(weight, base=base))))
        for weight in ("0.5", "0")
    }
    assert legs["0.5"].verdict is Verdict.ENTER
    assert (legs["0"].verdict, legs["0"].reasons) == (Verdict.SKIP, ("WEIGHT_ZERO",))


def test_the_size_of_a_persons_order_has_no_weight() -> None:
    entry = Entry(
        instrument=BTC,
        direction=Direction.LONG,
        price=D(100),
        stop=None,
        target=None,
        quantity=ONE,
        origin=None,
    )
    view = a_view(an_open_day(weighted("0", strategy="person")))
    assert plan(entry, view).sized.quantity == 1
