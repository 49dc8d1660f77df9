"""A grid is judged once, at its worst case: every level is entered, then stopped."""

from __future__ import annotations

from typing import Any

import pytest

from domain.committees import decide
from domain.grid import Grid, GridLevel
from domain.settings import AlphaSettings, RiskSettings, Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.sizing.settings import SizingRule, SizingSettings
from tests.domain.committees.test_policy import a_view
from tests.domain.history import BTC, D, History, a_signal, an_instrument, an_open_day, an_opening
from tests.replacing import replace

LOW = Settings(alpha=AlphaSettings(minimum_reward_to_risk=D("0.2")))
GRID = Grid(
    levels=(GridLevel(D(98), D(100)), GridLevel(D(96), D(98)), GridLevel(D(94), D(96))),
    rounds=5,
    lifetime_seconds=3_600,
)


def a_grid(**changed: Any) -> SignalDetected:
    return a_signal(**{"stop": D(92), "target": D(104), "grid": GRID, **changed})


def decided(signal: SignalDetected, settings: Settings = LOW, history: History | None = None) -> DecisionMade:
    return decide(signal, a_view(history or an_open_day(settings)))


def with_levels(*levels: tuple[object, object]) -> Grid:
    return replace(GRID, levels=tuple(GridLevel(D(str(price)), D(str(target))) for price, target in levels))


def test_the_size_of_all_levels_loses_what_one_trade_may_lose_when_all_are_stopped() -> None:
    """A unit of each level loses 6 + 4 + 2 = 12 and 0.00055 of 98 + 96 + 94 + 3 * 92 = 564 in fees, 12.3102 in all.

    One percent of 10,000 is 100: 100 / 12.3102 = 8.1233..., 8.123 on the lot, for each of three levels.
    """
    decision = decided(a_grid())
    assert (decision.verdict, decision.quantity, decision.stop) == (Verdict.ENTER, D("24.369"), D(92))
    (vote,) = [one for one in decision.votes if one.member == "risk_per_trade"]
    assert D(vote.figures["risk"]) == D("8.123") * D("12.3102") <= 100


@pytest.mark.parametrize(
    ("sizing", "quantity"),
    [
        pytest.param(
            SizingSettings(rule=SizingRule.FIXED, quantity=D(9)),
            D(9),
            id="a fixed quantity is that of all levels",
        ),
        pytest.param(
            SizingSettings(rule=SizingRule.PERCENT, percent=D("0.1")),
            D("10.416"),
            id="1,000 buys 3.472 of each level at 288",
        ),
    ],
)
def test_other_sizing_rules_are_applied_to_all_levels_together(sizing: SizingSettings, quantity: Any) -> None:
    assert decided(a_grid(), replace(LOW, sizing=sizing)).quantity == quantity


def test_the_margin_of_a_grid_is_that_of_all_its_orders() -> None:
    """3.472 of each at 288 with leverage 5 is 199.9872; the taker fees in and out are 2 * 0.00055 of 999.936."""
    sizing = SizingSettings(rule=SizingRule.PERCENT, percent=D("0.1"))
    (vote,) = [
        one
        for one in decided(a_grid(), replace(LOW, sizing=sizing)).votes
        if one.member == "reserved_balance"
    ]
    assert D(vote.figures["margin"]) == D("199.9872") + D("1.0999296")


def test_reward_and_risk_of_a_grid_are_sums_over_its_levels() -> None:
    """Six are gained less 0.00055 of 98 + 96 + 94 + 100 + 98 + 96 = 582: 5.6799."""
    (vote,) = [one for one in decided(a_grid()).votes if one.member == "reward_to_risk"]
    assert (D(vote.figures["reward"]), D(vote.figures["risk"])) == (D("5.6799"), D("12.3102"))
    strict = replace(LOW, alpha=AlphaSettings(minimum_reward_to_risk=D("0.5")))
    assert decided(a_grid(), strict).reasons == ("REWARD_TO_RISK_TOO_LOW",)


def test_a_grid_beyond_the_risk_of_one_trade_is_skipped() -> None:
    bold = replace(
        LOW, sizing=SizingSettings(risk=D("0.02")), risk=RiskSettings(max_risk_per_trade=D("0.015"))
    )
    assert decided(a_grid(), bold).reasons == ("RISK_PER_TRADE",)


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        pytest.param(
            ((96, 100), (98, 100)), "LEVELS_NOT_BETWEEN_PRICE_AND_STOP", id="levels that go back to the price"
        ),
        pytest.param(
            ((98, "98.1"), (96, 98)), "LEVEL_WITHIN_COSTS", id="a level whose gain does not pay its fees"
        ),
    ],
)
def test_levels_alone_refuse_a_grid(levels: tuple[tuple[object, object], ...], reason: str) -> None:
    free = replace(LOW, alpha=AlphaSettings(minimum_reward_to_risk=D(0)))
    decision = decided(a_grid(grid=with_levels(*levels)), free)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (reason,))
    assert [vote.member for vote in decision.votes if not vote.approves] == ["levels"]


def test_a_second_grid_in_the_instrument_is_refused_although_more_positions_are_allowed() -> None:
    many = replace(LOW, risk=RiskSettings(max_positions_per_instrument=5, max_total_risk=D(1)))
    history = an_open_day(many).signal(a_signal()).position(an_opening(stop=D(99)))
    decision = decided(a_grid(strategy="person"), many, history)
    assert "GRID_UNDER_WAY" in decision.reasons


def test_an_order_of_one_level_is_within_the_bounds_of_the_instrument() -> None:
    history = an_open_day(LOW)
    view = a_view(history)
    small = replace(view, instrument=an_instrument(BTC, max_quantity=D(2)))
    assert decide(a_grid(), small).quantity == 6


def test_a_signal_without_a_grid_has_no_vote_of_levels() -> None:
    assert "levels" not in {vote.member for vote in decided(a_signal()).votes}
