"""Filters: each one alone refuses an entry, and its reason and margin show what the market was like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from domain.committees import MEMBERS, decide
from domain.committees.filters import RULES, place_of
from domain.committees.margins import margins_of
from domain.direction import Direction
from domain.filters.settings import FilterSettings, OwnFilterSettings
from domain.settings import OnOpposite, RiskSettings, Settings, StrategySettings
from domain.signal import SignalDetected, Verdict
from domain.strategies import Intent
from tests.domain.committees.test_policy import AGAINST, SIGNAL, a_view, holding, holding_eth
from tests.domain.history import ETH, History, a_decision, a_signal, an_open_day, an_order
from tests.replacing import replace

SOL = "SOLUSDT-LINEAR.BYBIT"
AREA = {"poc": 98.0, "value_low": 96.0, "value_high": 99.0}
LEVELS = {"resistance_1": 101.0, "resistance_2": 104.0, "support_1": 97.0, "support_2": 94.0}


def with_filters(**settings: Any) -> Settings:
    return Settings(filters=FilterSettings(**settings))


def figures(**found: float) -> Mapping[str, float]:
    return {f"filter.{name}": figure for name, figure in found.items()}


def correlated(**found: float) -> Mapping[str, float]:
    return {f"correlation.{name}USDT-LINEAR.BYBIT": figure for name, figure in found.items()}


def signal(inputs: Mapping[str, float], direction: Direction = Direction.LONG) -> SignalDetected:
    one = SIGNAL if direction is Direction.LONG else AGAINST
    return replace(one, inputs=inputs)


@dataclass(frozen=True)
class Alone:
    """An entry that one filter alone refuses with these settings, and one just within its limit."""

    member: str
    reason: str
    settings: dict[str, Any]
    refused: Mapping[str, float]
    allowed: Mapping[str, float]
    direction: Direction = Direction.LONG
    history: Callable[[Settings], History] = field(default=an_open_day)

    @property
    def name(self) -> str:
        return f"{self.reason}-{self.direction}"


ALONE = (
    Alone("adx", "ADX_TOO_LOW", {"minimum_adx": 25.0}, figures(adx=24.9), figures(adx=25.0)),
    Alone(
        "di_difference",
        "DI_DIFFERENCE_TOO_SMALL",
        {"minimum_di_difference": 5.0},
        figures(plus_di=24.0, minus_di=20.0),
        figures(plus_di=25.0, minus_di=20.0),
    ),
    Alone(
        "di_difference",
        "DI_DIFFERENCE_TOO_SMALL",
        {"minimum_di_difference": 5.0},
        figures(plus_di=25.0, minus_di=20.0),
        figures(plus_di=20.0, minus_di=25.0),
        Direction.SHORT,
    ),
    Alone(
        "timeframe",
        "TIMEFRAME_DISAGREES",
        {"timeframe": "15m"},
        figures(timeframe_ema=100.0, timeframe_ema_before=100.0),
        figures(timeframe_ema=100.5, timeframe_ema_before=100.25),
    ),
    Alone(
        "timeframe",
        "TIMEFRAME_DISAGREES",
        {"timeframe": "15m"},
        figures(timeframe_ema=100.5, timeframe_ema_before=100.25),
        figures(timeframe_ema=100.25, timeframe_ema_before=100.5),
        Direction.SHORT,
    ),
    Alone(
        "value_area",
        "PLACE_TOO_LOW",
        {"value_area_candles": 100, "minimum_place": 2.0},
        figures(**AREA | {"value_high": 99.25}),
        figures(**AREA),
    ),
    Alone(
        "value_area",
        "PLACE_TOO_HIGH",
        {"value_area_candles": 100, "minimum_place": -4.0, "maximum_place": -2.5},
        figures(**AREA),
        figures(**AREA | {"value_high": 98.75}),
        Direction.SHORT,
    ),
    Alone(
        "pivots",
        "PIVOT_TOO_NEAR",
        {"minimum_pivot_distance": 0.0125},
        figures(**LEVELS),
        figures(**LEVELS | {"resistance_1": 101.25}),
    ),
    Alone(
        "pivots",
        "PIVOT_TOO_NEAR",
        {"minimum_pivot_distance": 0.0625},
        figures(**LEVELS | {"support_1": 101.0}),
        figures(**LEVELS | {"support_1": 101.0, "support_2": 93.75}),
        Direction.SHORT,
    ),
    Alone(
        "correlation",
        "CORRELATED_WITH_HELD",
        {"maximum_correlation": 0.8},
        correlated(ETH=0.81),
        correlated(ETH=0.8),
        history=lambda settings: holding_eth(an_open_day(settings)),
    ),
    Alone(
        "correlation",
        "CORRELATED_WITH_HELD",
        {"maximum_correlation": 0.8},
        correlated(ETH=-0.81),
        correlated(ETH=0.99),
        Direction.SHORT,
        lambda settings: holding_eth(an_open_day(settings)),
    ),
    Alone(
        "major_correlation",
        "CORRELATED_WITH_MAJOR",
        {"maximum_major_correlation": 0.9, "majors": (ETH, SOL)},
        correlated(ETH=0.2, SOL=0.91),
        correlated(ETH=0.2, SOL=0.9),
    ),
)
"""At 100, above a point of control of 98, a bound of 99.25 makes a place of 1.6 and one of 99 a place of 2."""

_IDS = [one.name for one in ALONE]
_OFF = {"adx_period", "timeframe_ema", "correlation_candles"}
"""Settings that have no limit of their own: they say what the figures are of."""


def test_every_filter_has_a_case_and_every_limit_a_setting() -> None:
    assert list(dict.fromkeys(one.member for one in ALONE)) == [rule.member.name for rule in RULES]
    assert {name for one in ALONE for name in one.settings} | _OFF == {
        one.name for one in fields(FilterSettings)
    }


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_one_filter_alone_refuses_the_entry(case: Alone) -> None:
    view = a_view(case.history(with_filters(**case.settings)))
    decision = decide(signal(case.refused, case.direction), view)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    assert [vote.member for vote in decision.votes if not vote.approves] == [case.member]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_the_same_entry_is_made_without_the_filter_and_no_member_of_it_votes(case: Alone) -> None:
    decision = decide(signal(case.refused, case.direction), a_view(case.history(Settings())))
    assert decision.verdict is Verdict.ENTER
    assert [vote.member for vote in decision.votes] == [member.name for member in MEMBERS]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_an_entry_just_within_the_limit_is_made_and_the_filter_has_voted(case: Alone) -> None:
    view = a_view(case.history(with_filters(**case.settings)))
    decision = decide(signal(case.allowed, case.direction), view)
    assert decision.verdict is Verdict.ENTER
    assert [vote.member for vote in decision.votes][len(MEMBERS) :] == [case.member]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_the_margin_of_each_filter_is_recorded_and_an_approval_breaks_none(case: Alone) -> None:
    view = a_view(case.history(with_filters(**case.settings)))
    (margin,) = margins_of(decide(signal(case.refused, case.direction), view).votes[-1])
    assert (margin.reason, margin.is_recorded) == (case.reason, True)
    approved = decide(signal(case.allowed, case.direction), view).votes[-1]
    (none,) = margins_of(replace(approved, approves=False, reasons=(case.reason,)))
    assert not none.is_recorded, none.needed


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_an_entry_whose_figures_are_missing_is_refused_and_the_margin_names_them(case: Alone) -> None:
    view = a_view(case.history(with_filters(**case.settings)))
    decision = decide(signal({"adx": 50.0}, case.direction), view)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("FILTER_FIGURES_MISSING",))
    (margin,) = margins_of(decision.votes[-1])
    assert "which more closed candles would have given: no " in margin.needed


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_a_figure_that_is_no_number_is_a_vote_against(case: Alone) -> None:
    view = a_view(case.history(with_filters(**case.settings)))
    broken = dict.fromkeys(case.allowed, float("nan"))
    assert decide(signal(broken, case.direction), view).verdict is Verdict.SKIP


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_an_instance_has_its_own_filter_in_place_of_that_of_all(case: Alone) -> None:
    entry = signal(case.refused, case.direction)
    own = StrategySettings("trend", filters=OwnFilterSettings(**case.settings))
    assert decide(entry, a_view(case.history(Settings(strategies=(own,))))).reasons == (case.reason,)
    off: dict[str, Any] = {name: type(value)() for name, value in case.settings.items()}
    lenient = replace(
        with_filters(**case.settings),
        strategies=(StrategySettings("trend", filters=OwnFilterSettings(**off)),),
    )
    assert decide(entry, a_view(case.history(lenient))).verdict is Verdict.ENTER


ALL: dict[str, Any] = {
    "minimum_adx": 99.0,
    "minimum_di_difference": 99.0,
    "timeframe": "15m",
    "value_area_candles": 50,
    "minimum_pivot_distance": 0.4,
}


def test_an_exit_is_judged_by_no_filter() -> None:
    view = a_view(holding(an_open_day(with_filters(**ALL))))
    decision = decide(replace(AGAINST, intent=Intent.EXIT), view)
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("EXIT_SIGNAL",))


def test_an_entry_that_closes_the_opposed_position_is_judged_by_no_filter() -> None:
    view = a_view(holding(an_open_day(with_filters(**ALL))))
    assert decide(AGAINST, view).verdict is Verdict.CLOSE


def test_the_entry_of_a_reversal_is_judged_and_the_close_is_made() -> None:
    settings = replace(
        with_filters(minimum_adx=25.0),
        on_opposite=OnOpposite.REVERSE,
        risk=RiskSettings(cooldown_seconds=0),
    )
    view = a_view(holding(an_open_day(settings)))
    refused = decide(signal(figures(adx=20.0), Direction.SHORT), view)
    assert (refused.verdict, refused.reasons) == (Verdict.CLOSE, ("REVERSAL", "ADX_TOO_LOW"))
    assert decide(signal(figures(adx=30.0), Direction.SHORT), view).verdict is Verdict.REVERSE


def test_a_scanners_entry_has_no_figures_and_is_judged_by_no_filter() -> None:
    view = a_view(an_open_day(with_filters(**ALL)))
    assert decide(replace(SIGNAL, strategy="scanner"), view).verdict is Verdict.ENTER


def test_all_filters_vote_and_each_reason_is_named_once() -> None:
    decision = decide(SIGNAL, a_view(an_open_day(with_filters(**ALL))))
    assert decision.reasons == ("FILTER_FIGURES_MISSING",)
    assert len([vote for vote in decision.votes if not vote.approves]) == len(ALL)


def test_a_waiting_entry_counts_as_held() -> None:
    history = an_open_day(with_filters(maximum_correlation=0.8))
    history.signal(a_signal(instrument=ETH), a_decision()).order("abc-e1", an_order(instrument=ETH))
    assert decide(signal(correlated(ETH=0.9)), a_view(history)).reasons == ("CORRELATED_WITH_HELD",)


def test_the_correlation_names_the_instrument_that_is_most_alike() -> None:
    settings = with_filters(maximum_major_correlation=0.9, majors=(ETH, SOL))
    decision = decide(signal(correlated(ETH=0.3, SOL=0.95)), a_view(an_open_day(settings)))
    assert decision.votes[-1].figures == {
        "instruments": f"{ETH} {SOL}",
        "most_alike": SOL,
        "correlation": "0.95",
        "maximum": "0.9",
    }


def test_the_entry_of_a_major_is_not_compared_with_itself() -> None:
    settings = with_filters(maximum_major_correlation=0.1, majors=(SIGNAL.instrument,))
    assert decide(SIGNAL, a_view(an_open_day(settings))).verdict is Verdict.ENTER


def test_a_price_beyond_every_level_has_none_before_it() -> None:
    beyond = figures(**LEVELS | {"resistance_1": 95.0, "resistance_2": 99.0})
    decision = decide(signal(beyond), a_view(an_open_day(with_filters(minimum_pivot_distance=0.4))))
    assert decision.verdict is Verdict.ENTER
    assert decision.votes[-1].figures["distance"] == ""


@pytest.mark.parametrize(
    ("price", "place"), [(96.0, -1.0), (97.0, -0.5), (98.0, 0.0), (98.5, 0.5), (99.0, 1.0), (100.0, 2.0)]
)
def test_a_place_is_in_proportion_between_and_beyond_the_bounds(price: float, place: float) -> None:
    assert place_of(price, 98.0, 96.0, 99.0) == place
