from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arithmetic import EXACT, total
from domain.errors import InvalidSettings
from domain.settings import Settings, TierSettings, check
from domain.signal import Tier
from domain.tiers import MAX_WINDOW, NO_TRADES, Trades, evolve, threshold, tier_of
from tests.domain.history import a_closing
from tests.replacing import replace

D = Decimal
DEFAULTS = TierSettings()


def traded(nets: Sequence[Decimal | int], start: int = 10_000) -> Trades:
    """The trades of an account that began with `start` and closed positions with these nets."""
    trades, balance = NO_TRADES, D(start)
    for net in nets:
        balance += D(net)
        trades = evolve(trades, a_closing(D(net), balance))
    return trades


@dataclass(frozen=True)
class Case:
    name: str
    nets: Sequence[Decimal | int]
    tier: Tier


WIN, LOSS, EVEN = 1, -1, 0
CASES = (
    Case("no trades", [], Tier.NORMAL),
    Case("19 lost in a row", [LOSS] * 19, Tier.NORMAL),
    Case("19 won in a row", [WIN] * 19, Tier.NORMAL),
    Case("20 won", [WIN] * 20, Tier.RELAXED),
    Case("9 of 20 won: under 50 %", [WIN, LOSS] * 9 + [EVEN] * 2, Tier.STRICT),
    Case("10 of 20 won: 50 %", [LOSS, WIN] * 10, Tier.NORMAL),
    Case("11 of 20 won: 55 %", [LOSS, WIN] * 9 + [WIN] * 2, Tier.NORMAL),
    Case("12 of 20 won: 60 %", [LOSS, WIN] * 8 + [WIN] * 4, Tier.RELAXED),
    Case("only the last 20 count: old wins", [WIN] * 30 + [WIN, LOSS] * 9 + [EVEN] * 2, Tier.STRICT),
    Case("only the last 20 count: old losses", [LOSS] * 30 + [WIN] * 20, Tier.RELAXED),
    Case("two losses in a row", [WIN] * 18 + [LOSS] * 2, Tier.RELAXED),
    Case("three losses in a row", [WIN] * 17 + [LOSS] * 3, Tier.STRICT),
    Case("an even trade ends a run of losses", [WIN] * 16 + [LOSS, LOSS, EVEN, LOSS], Tier.RELAXED),
    Case("drawdown just under 2 %", [EVEN] + [WIN] * 18 + [D("-200.35")], Tier.RELAXED),
    Case("drawdown of 2 %", [EVEN] + [WIN] * 18 + [D("-200.36")], Tier.NORMAL),
    Case("drawdown of 5 %", [EVEN] + [WIN] * 18 + [D("-500.90")], Tier.NORMAL),
    Case("drawdown over 5 %", [EVEN] + [WIN] * 18 + [D("-500.91")], Tier.STRICT),
    Case("the balance before the first trade is a peak", [-600] + [WIN] * 19, Tier.STRICT),
    Case("a regained peak ends the drawdown", [-600] + [WIN] * 18 + [600], Tier.RELAXED),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_tier_is_right_on_both_sides_of_every_boundary(case: Case) -> None:
    assert tier_of(traded(case.nets), DEFAULTS) is case.tier


def test_strict_has_precedence_over_relaxed() -> None:
    both = replace(DEFAULTS, relaxed_win_rate=0.0, strict_win_rate=1.0)
    assert tier_of(traded([LOSS, WIN] * 10), both) is Tier.STRICT


def test_a_win_rate_is_compared_as_a_decimal() -> None:
    """With binary fractions, seven wins of ten could fall short of a rate of 0.7."""
    for wins in range(11):
        settings = replace(DEFAULTS, window=10, strict_win_rate=float(f"0.{wins}") if wins < 10 else 1.0)
        trades = traded([EVEN] * (10 - wins) + [WIN] * wins)
        assert tier_of(trades, settings) is not Tier.STRICT


@pytest.mark.parametrize(
    ("tier", "required"), [(Tier.NORMAL, 0.65), (Tier.STRICT, 0.75), (Tier.RELAXED, 0.55)]
)
def test_each_tier_has_its_default_threshold(tier: Tier, required: float) -> None:
    assert threshold(tier, DEFAULTS) == required


def test_the_thresholds_are_those_of_the_settings() -> None:
    settings = replace(DEFAULTS, normal_confidence=0.1, strict_confidence=0.2, relaxed_confidence=0.3)
    assert [threshold(tier, settings) for tier in (Tier.NORMAL, Tier.STRICT, Tier.RELAXED)] == [0.1, 0.2, 0.3]


def test_a_window_wider_than_the_kept_trades_is_refused() -> None:
    check(Settings(tiers=replace(DEFAULTS, window=MAX_WINDOW)))
    with pytest.raises(InvalidSettings, match=r"tiers\.window"):
        check(Settings(tiers=replace(DEFAULTS, window=MAX_WINDOW + 1)))


def test_trades_beyond_the_largest_window_are_dropped() -> None:
    trades = reduce(evolve, [a_closing(D(1), D(10_000))] * (MAX_WINDOW + 50), NO_TRADES)
    assert trades.count == MAX_WINDOW + 50
    assert trades.wins(MAX_WINDOW) == MAX_WINDOW == trades.won.bit_length()


def test_an_account_that_lost_everything_has_a_drawdown_of_one() -> None:
    assert traded([-10_000]).drawdown == 1
    assert replace(traded([WIN]), peak=D(0), balance=D(0)).drawdown == 1


@given(st.lists(st.decimals(-500, 500, places=4), max_size=60), st.integers(1, 25))
def test_the_folded_trades_equal_figures_from_the_whole_list(nets: list[Decimal], window: int) -> None:
    trades = traded(nets, start=1_000_000)
    balances = [EXACT.add(D(1_000_000), total(nets[:upto])) for upto in range(len(nets) + 1)]
    assert trades.count == len(nets)
    assert trades.wins(window) == sum(net > 0 for net in nets[-window:])
    if nets:
        assert trades.peak == max(balances)
        assert trades.balance == balances[-1]
        assert 0 <= trades.drawdown <= 1
    streak = 0
    for net in reversed(nets):
        if net >= 0:
            break
        streak += 1
    assert trades.losses_in_a_row == streak
