"""Weights from closed trades: shrinkage, bounds, few trades, and what is not known yet."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.weights.fitting import Fit, FitSettings, fitted
from domain.weights.result import TradeResult, closed_before
from tests.domain.history import BTC, ETH, NOW
from tests.replacing import replace

D = Decimal
LOOSE = FitSettings(least_trades=2)


def trade(multiple: float, at: int = 0, strategy: str = "trend", **changed: object) -> TradeResult:
    opened = NOW + timedelta(hours=at)
    found = TradeResult(
        strategy=strategy,
        instrument=BTC,
        opened_at=opened,
        closed_at=opened + timedelta(minutes=30),
        net=D(str(multiple)) * 10,
        risk=D(10),
    )
    return replace(found, **changed)


def trades(*multiples: float, strategy: str = "trend", **changed: object) -> list[TradeResult]:
    return [trade(one, at, strategy, **changed) for at, one in enumerate(multiples)]


def drawn(mean: float, count: int, strategy: str, seed: int = 7) -> list[TradeResult]:
    source = random.Random(seed)
    return trades(*(round(source.gauss(mean, 1.0), 6) for _ in range(count)), strategy=strategy)


def weight_of(fit: Fit, strategy: str) -> Decimal:
    (found,) = (one for one in fit.groups if one.strategy == strategy)
    assert found.weight is not None
    return found.weight


def test_the_figures_of_two_groups_are_those_of_the_formula() -> None:
    """By hand: means 1 and -1, mean of all 0.2, SSW 4, SSB 4.8, n0 2.4, s2 4/3, tau2 (4.8 - 4/3)/2.4."""
    results = [*trades(2.0, 1.0, 0.0), *trades(-2.0, 0.0, strategy="other")]
    fit = fitted(results, replace(LOOSE, gain=1.0))
    other, trend = fit.groups
    within, between = 4 / 3, (4.8 - 4 / 3) / 2.4
    assert (fit.mean, fit.within**2, fit.between**2) == pytest.approx((0.2, within, between))
    for group, mean, count in ((trend, 1.0, 3), (other, -1.0, 2)):
        shrunk = 0.2 + between / (between + within / count) * (mean - 0.2)
        assert (group.mean, group.shrunk) == pytest.approx((mean, shrunk))
        weight = min(max(1 + (shrunk - 0.2) / within**0.5, 0.25), 1.75)
        assert group.weight == D(str(round(weight, 2)))
    assert (trend.trades, trend.net, trend.deviation) == (3, D("30.0"), 1.0)
    assert trend.win_rate == pytest.approx(2 / 3)


def test_groups_that_differ_by_less_than_chance_have_the_weight_1_and_no_table() -> None:
    fit = fitted([*trades(1.0, -1.0, 0.1), *trades(0.9, -0.9, 0.2, strategy="other")], LOOSE)
    assert fit.between == 0
    assert {one.weight for one in fit.groups} == {1}
    assert fit.table == ()


def test_one_group_alone_has_the_weight_1() -> None:
    assert fitted(trades(1.0, 2.0, 3.0), LOOSE).table == ()


def test_more_trades_of_the_same_mean_move_a_weight_further_from_1() -> None:
    rest = [*drawn(0.0, 200, "flat"), *drawn(0.2, 200, "slow", 8)]
    few = fitted([*rest, *trades(*([-1.4, 0.6] * 5), strategy="bad")], LOOSE)
    many = fitted([*rest, *trades(*([-1.4, 0.6] * 50), strategy="bad")], LOOSE)
    assert weight_of(many, "bad") < weight_of(few, "bad") < 1


def test_a_group_with_too_few_trades_has_the_weight_1_and_still_counts_for_the_mean_of_all() -> None:
    rest = drawn(0.0, 100, "flat")
    settings = FitSettings(least_trades=20, gain=10.0)
    few = fitted([*rest, *drawn(3.0, 19, "good")], settings)
    enough = fitted([*rest, *drawn(3.0, 20, "good")], settings)
    assert weight_of(few, "good") == 1
    assert weight_of(few, "flat") < 1
    assert weight_of(enough, "good") == settings.maximum


def test_the_best_of_losing_groups_is_not_raised_and_the_worst_is_reduced() -> None:
    fit = fitted([*drawn(-0.5, 100, "less"), *drawn(-2.0, 100, "more")], LOOSE)
    assert fit.groups[0].shrunk > fit.mean
    assert weight_of(fit, "less") == 1
    assert weight_of(fit, "more") < 1


def test_weights_stay_within_their_bounds() -> None:
    results = [*drawn(5.0, 50, "good"), *drawn(-5.0, 50, "bad")]
    fit = fitted(results, replace(LOOSE, minimum=D(0), maximum=D(2)))
    assert [weight_of(fit, "good"), weight_of(fit, "bad")] == [D(2), D(0)]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("strategy", [("trend", "*", "*")]),
        ("instrument", [("trend", BTC, "*"), ("trend", ETH, "*")]),
        ("regime", [("trend", "*", "RANGE"), ("trend", "*", "TREND")]),
        ("both", [("trend", BTC, "RANGE"), ("trend", BTC, "TREND"), ("trend", ETH, "TREND")]),
    ],
)
def test_trades_are_grouped_by_what_was_named(by: str, groups: Sequence[tuple[str, str, str]]) -> None:
    results = [
        trade(1.0, regime="RANGE"),
        trade(2.0, regime="TREND"),
        trade(3.0, regime="TREND", instrument=ETH),
    ]
    fit = fitted(results, replace(LOOSE, by=by))
    assert [(one.strategy, one.instrument, one.regime) for one in fit.groups] == groups


def test_trades_without_a_regime_have_no_row_where_others_have_one() -> None:
    """A row of every regime would be that of the regimes with too few trades, too."""
    results = [*trades(1.0, 2.0), *trades(-1.0, -2.0, regime="RANGE"), *trades(3.0, 4.0, regime="TREND")]
    fit = fitted(results, replace(LOOSE, by="both"))
    assert [(one.regime, one.weight is None) for one in fit.groups] == [
        ("*", True),
        ("RANGE", False),
        ("TREND", False),
    ]
    assert {one.regime for one in fit.table} == {"RANGE", "TREND"}


def test_trades_without_a_stop_are_counted_and_not_used() -> None:
    fit = fitted([*trades(1.0, 2.0), trade(9.0, risk=D(0))], LOOSE)
    assert (fit.trades, fit.without_stop, fit.mean) == (2, 1, 1.5)
    assert fitted([trade(9.0, risk=D(0))], LOOSE) == Fit(without_stop=1)


def test_without_trades_there_are_no_weights() -> None:
    assert fitted([], LOOSE) == Fit()


TRADES = st.lists(
    st.builds(
        trade,
        st.floats(-3, 3).map(lambda one: round(one, 4)),
        st.integers(0, 100),
        st.sampled_from(["trend", "breakout"]),
        regime=st.sampled_from(["TREND", "RANGE"]),
    ),
    max_size=40,
)


@given(TRADES, st.randoms(use_true_random=False))
def test_the_order_of_the_trades_changes_nothing(results: list[TradeResult], source: random.Random) -> None:
    shuffled = list(results)
    source.shuffle(shuffled)
    assert fitted(shuffled, LOOSE) == fitted(results, LOOSE)


@given(TRADES, TRADES, TRADES, st.integers(0, 100))
def test_trades_that_close_later_change_no_weight(
    known: list[TradeResult], later: list[TradeResult], others: list[TradeResult], hours: int
) -> None:
    begin = NOW + timedelta(hours=hours)
    kept = [one for one in known if one.closed_at < begin]
    after, instead = ([one for one in some if one.closed_at >= begin] for some in (later, others))
    found = fitted(closed_before([*kept, *after], begin), LOOSE)
    assert found == fitted(closed_before([*instead, *kept], begin), LOOSE) == fitted(kept, LOOSE)


def test_a_trade_that_closes_at_the_begin_of_a_fold_is_not_known_then() -> None:
    one = trade(1.0)
    assert closed_before([one], one.closed_at) == []
    assert closed_before([one], one.closed_at + timedelta(microseconds=1)) == [one]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"by": "day"}, "by 'day' is none of strategy, instrument, regime, both"),
        ({"gain": -1.0}, "a gain of -1.0 is not in 0"),
        ({"least_trades": 1}, "least trades of 1 is not in 2"),
        ({"minimum": D("1.1")}, "weights from 1.1 to 1.75: the bounds are within 0"),
        ({"maximum": D("2.1")}, "weights from 0.25 to 2.1: the bounds are within 0"),
    ],
)
def test_settings_of_a_fit_out_of_their_range_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(FitSettings(), **changed)
