"""What a vote against lacked, held against the members themselves."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from domain.committees import decide
from domain.committees.margins import RULES, Currencies, Margin, Must, margins_of
from domain.signal import Chamber, Vote
from tests.domain.committees.test_policy import ALONE, INSIDE, Alone, Boundary, a_view
from tests.domain.history import a_signal
from tests.replacing import replace

D = Decimal
STOP_SIDE, TARGET_SIDE = "STOP_NOT_PROTECTIVE", "TARGET_NOT_BEYOND_ENTRY"
_NOT_SHOWN = {"nan"}
"""A signal with NaN has no margin, because no number has a distance from it."""


def margins_against(case: Alone) -> list[Margin]:
    decision = decide(case.signal, a_view(case.history(), case.now))
    return [margin for vote in decision.votes for margin in margins_of(vote)]


def rules_of(member: str) -> set[str]:
    """The reasons of this member that are comparisons of numbers."""
    return {reason for case in ALONE if case.member == member for reason in case.reasons if reason in RULES}


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.member}-{'-'.join(case.reasons)}")
def test_each_reason_of_each_member_has_its_margin(case: Alone) -> None:
    (margin,) = margins_against(case)
    assert margin.reason == case.reasons[0]
    is_nan = {str(case.signal.confidence), str(case.signal.trend)} & _NOT_SHOWN
    assert margin.is_recorded is not bool(is_nan), margin.needed
    assert ("not recorded" in margin.needed) is (bool(is_nan) or case.member == "sizing")


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: case.name)
def test_the_figures_of_an_approval_break_no_rule_of_its_member(case: Boundary) -> None:
    """The rules are those of the members: with a case just within each limit none of them finds anything short."""
    decision = decide(case.signal, a_view(case.history(), case.now))
    for vote in decision.votes:
        for reason in rules_of(vote.member):
            (margin,) = margins_of(replace(vote, approves=False, reasons=(reason,)))
            assert not margin.is_recorded, (vote.member, margin.needed)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("CONFIDENCE_BELOW_THRESHOLD", (Must.AT_LEAST, D("0.6499"), D("0.65"), D("0.0001"), "")),
        ("TREND_DISAGREES", (Must.AT_LEAST, D("-0.01"), D("0"), D("0.01"), "")),
        ("STALE_DATA", (Must.AT_MOST, D("30.000001"), D(30), D("0.000001"), "s")),
        ("DATA_FROM_THE_FUTURE", (Must.AT_LEAST, D("-0.000001"), D(0), D("0.000001"), "s")),
        ("DAILY_LOSS_LIMIT", (Must.BELOW, D(500), D(500), D(0), "quote currency")),
        ("COOLDOWN", (Must.AT_LEAST, D(899), D(900), D(1), "s")),
        ("MAX_POSITIONS", (Must.AT_MOST, D(2), D(1), D(1), "")),
        ("STOP_NOT_PROTECTIVE", (Must.BELOW, D(102), D(100), D(2), "quote currency")),
    ],
)
def test_the_margin_is_the_distance_of_the_recorded_value_from_its_limit(
    case: str, expected: tuple[Must, Decimal, Decimal, Decimal, str]
) -> None:
    (margin,) = margins_against(next(one for one in ALONE if one.reasons == (case,)))
    assert (margin.must, margin.value, margin.limit, margin.by, margin.unit) == expected


@pytest.mark.parametrize(
    ("reason", "direction", "level", "needed"),
    [
        (STOP_SIDE, "LONG", "102", "a stop of a long below 100 USDT; it was 102 USDT, 2 USDT too high"),
        (STOP_SIDE, "SHORT", "99", "a stop of a short above 100 USDT; it was 99 USDT, 1 USDT too low"),
        (STOP_SIDE, "LONG", "-1", "a stop above 0 USDT; it was -1 USDT, 1 USDT too low"),
        (TARGET_SIDE, "LONG", "100", "a target of a long above 100 USDT; it was 100 USDT, exactly the limit"),
        (TARGET_SIDE, "SHORT", "101", "a target of a short below 100 USDT; it was 101 USDT, 1 USDT too high"),
    ],
)  # fmt: skip
def test_a_level_on_the_wrong_side_states_the_side_and_the_price_of_the_entry(
    reason: str, direction: str, level: str, needed: str
) -> None:
    figures = {"direction": direction, "entry": "100", "stop": level, "target": level}
    (margin,) = margins_of(a_vote(reason, **figures), Currencies("BTC", "USDT"))
    assert margin.needed == needed


def test_a_confidence_that_gains_its_margin_passes() -> None:
    (margin,) = margins_against(ALONE[0])
    assert margin.by is not None
    raised = a_signal(confidence=float(D(str(ALONE[0].signal.confidence)) + margin.by))
    assert decide(raised, a_view(ALONE[0].history())).reasons == ("ALL_APPROVE",)


def a_vote(reason: str, **figures: str) -> Vote:
    return Vote(member="any", chamber=Chamber.RISK, approves=False, reasons=(reason,), figures=figures)


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"risk": "3"},
        {"risk": "three", "limit": "2"},
        {"risk": "NaN", "limit": "2"},
        {"risk": "1", "limit": "2"},
    ],
    ids=["none", "without limit", "a text", "NaN", "figures that break no limit"],
)
def test_figures_that_do_not_show_the_comparison_are_reported_as_not_recorded(
    figures: dict[str, str],
) -> None:
    (margin,) = margins_of(a_vote("RISK_PER_TRADE", **figures))
    assert margin == Margin(
        reason="RISK_PER_TRADE",
        needed="a loss at the stop of at most its limit: not recorded by how much",
        is_recorded=False,
    )


def test_the_reason_of_a_member_that_raised_has_no_margin() -> None:
    (margin,) = margins_of(a_vote("ConnectionError"))
    assert (margin.is_recorded, margin.needed) == (
        False,
        "the cause of this reason: not recorded by how much",
    )


def test_a_condition_names_what_was_recorded_and_a_missing_figure_as_not_recorded() -> None:
    (shown,) = margins_of(a_vote("CIRCUIT_BREAKER_OPEN", open="ORDERS since 10:00"))
    (missing,) = margins_of(a_vote("CIRCUIT_BREAKER_OPEN"))
    assert (shown.needed, shown.is_recorded) == ("no open circuit breaker: ORDERS since 10:00", True)
    assert (missing.needed, missing.is_recorded) == ("no open circuit breaker: not recorded which", False)


def test_an_approval_has_no_margin() -> None:
    assert margins_of(replace(a_vote("X"), approves=True, reasons=())) == ()


def test_a_size_that_the_free_funds_cut_to_zero_states_what_was_free_and_what_was_wanted() -> None:
    figures = {
        "balance": "4840.23", "reserved": "0", "margin_held": "4345.08", "reserve": "484.02", "spendable": "11.13",
        "leverage": "3", "wanted": "0.284", "quantity": "0", "margin": "0", "cuts": "CUT_TO_MARGIN",
    }  # fmt: skip
    against = Vote(
        member="reserved_balance",
        chamber=Chamber.RISK,
        approves=False,
        reasons=("RESERVED_BALANCE",),
        figures=figures,
    )
    (margin,) = margins_of(against)
    assert margin.needed.endswith(
        "0.284 base currency was wanted, and 11.13 quote currency was free at a leverage of 3: a balance of 4840.23 "
        "less 4345.08 as margin of positions, 0 for waiting entries, and a reserve of 484.02"
    )
    assert (margin.value, margin.limit, margin.by) == (D(0), D(0), D(0))
    (named,) = margins_of(against, Currencies("BTC", "USDT"))
    assert "; 0.284 BTC was wanted, and 11.13 USDT was free at a leverage of 3: a balance" in named.needed
    assert named.unit == "BTC"


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.member}-{'-'.join(case.reasons)}")
def test_a_margin_whose_currencies_are_known_names_them(case: Alone) -> None:
    decision = decide(case.signal, a_view(case.history(), case.now))
    known = Currencies("ABC", "XYZ")
    named = [one for vote in decision.votes for one in margins_of(vote, known)]
    assert [one.unit for one in named] == [known.unit(one.unit) for one in margins_against(case)]
    assert not [one.needed for one in named if " currency" in one.needed]


def test_each_reason_of_a_vote_against_has_a_row_in_the_page_on_explanations() -> None:
    """A new reason needs a row in the table of docs/explain.md: what it means, and the setting behind it."""
    page = (Path(__file__).parents[3] / "docs" / "explain.md").read_text("utf-8").partition("## Reasons")[2]
    reasons = {*RULES, *(reason for case in ALONE for reason in case.reasons)}
    assert sorted(reason for reason in reasons if not re.search(rf"\b{reason}\b", page)) == []
