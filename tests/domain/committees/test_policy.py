from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Context, Decimal, localcontext
from typing import Any

import pytest

from domain.account import DayOpened, FundsReserved, KillSwitchTripped
from domain.breaker import BreakerOpened, Service
from domain.closing import CloseReason
from domain.committees import (
    EXIT_MEMBERS,
    MEMBERS,
    POLICY_VERSION,
    Case,
    Judgement,
    Member,
    View,
    decide,
    policy,
)
from domain.direction import Direction, Purpose
from domain.order import OrderCancelRequested, OrderOutcomeUnknown, OrderType
from domain.portfolio import EMPTY
from domain.position import PositionCloseFailed, PositionClosing
from domain.reconciliation import DiscrepancyFound, ReconciliationBegun
from domain.settings import AlphaSettings, RiskSettings, Settings, TierSettings
from domain.signal import Chamber, DecisionMade, SignalDetected, Tier, Verdict
from domain.sizing.settings import SizingRule, SizingSettings
from domain.strategies import Intent
from domain.streams import breaker_stream, reconciliation_stream
from tests.domain.history import (
    ACCOUNT,
    BTC,
    ETH,
    NOW,
    History,
    a_closing,
    a_decision,
    a_signal,
    a_stop,
    an_instrument,
    an_open_day,
    an_opening,
    an_order,
    money,
)
from tests.replacing import replace

D = Decimal
SHORT = Direction.SHORT
SIGNAL = a_signal()


def a_view(history: History, now: datetime = NOW) -> View:
    portfolio = history.portfolio()
    return View(
        now=now, settings=portfolio.settings, instrument=portfolio.instruments.get(BTC), portfolio=portfolio
    )


def with_risk(**limits: Any) -> History:
    return an_open_day(Settings(risk=replace(RiskSettings(), **limits)))


def two_in_one_instrument() -> History:
    """The settings are out of their current range; in range, the limit per instrument would vote no, too."""
    return with_risk(max_positions_per_instrument=2)


def with_size(quantity: Decimal) -> History:
    return an_open_day(Settings(sizing=SizingSettings(rule=SizingRule.FIXED, quantity=quantity)))


def holding_eth(history: History, **changed: Any) -> History:
    return history.position(an_opening(instrument=ETH, **changed), instrument=ETH)


def holding(history: History | None = None, owner: str = SIGNAL.strategy, **changed: Any) -> History:
    """A position of a strategy, with its signal."""
    history = an_open_day() if history is None else history
    return history.signal(a_signal(strategy=owner), a_decision()).position(an_opening(**changed))


def waiting_for(owner: str, history: History | None = None) -> History:
    """A waiting entry of a strategy, with its signal."""
    history = an_open_day() if history is None else history
    return history.signal(a_signal(strategy=owner), a_decision()).order("abc-e1", an_order())


def after_a_loss() -> History:
    return an_open_day().position(an_opening(), a_closing(D(-50), D(9_950)), at=NOW - timedelta(seconds=899))


def three_losses_of_twenty() -> History:
    history = an_open_day()
    for n, net in enumerate([1] * 17 + [-1] * 3, start=1):
        events = (an_opening(instrument=ETH), a_closing(D(net), D(10_000)))
        history.position(*events, instrument=ETH, n=n, at=NOW - timedelta(hours=1))
    return history


@dataclass(frozen=True)
class Alone:
    """A case in which one member votes no, for these reasons, and all others approve."""

    member: str
    reasons: tuple[str, ...]
    history: Callable[[], History] = an_open_day
    signal: SignalDetected = SIGNAL
    now: datetime = NOW


ALONE = (
    Alone("confidence", ("CONFIDENCE_BELOW_THRESHOLD",), signal=a_signal(confidence=0.6499)),
    Alone("confidence", ("CONFIDENCE_BELOW_THRESHOLD",), three_losses_of_twenty, a_signal(confidence=0.74)),
    Alone("confidence", ("CONFIDENCE_BELOW_THRESHOLD",), signal=a_signal(confidence=float("nan"))),
    Alone("trend_agreement", ("TREND_DISAGREES",), signal=a_signal(trend=-0.01)),
    Alone("trend_agreement", ("TREND_DISAGREES",), signal=a_signal(trend=float("nan"))),
    Alone(
        "trend_agreement",
        ("TREND_DISAGREES",),
        signal=a_signal(direction=SHORT, trend=0.01, stop=D(102), target=D(94)),
    ),
    Alone(
        "strategy_in_force",
        ("STRATEGY_PAUSED",),
        lambda: an_open_day(Settings(paused=("another", SIGNAL.strategy))),
    ),
    Alone("reward_to_risk", ("REWARD_TO_RISK_TOO_LOW",), signal=a_signal(target=D("102.6"))),
    Alone("kill_switch", ("KILL_SWITCH",), lambda: an_open_day().account(KillSwitchTripped("overfill"))),
    Alone(
        "order_outcomes",
        ("ORDER_OUTCOME_UNKNOWN",),
        lambda: an_open_day().order("zzz-x1", a_stop(instrument=ETH), OrderOutcomeUnknown("timeout")),
    ),
    Alone(
        "reconciliation",
        ("UNRESOLVED_DISCREPANCY",),
        lambda: an_open_day().record(reconciliation_stream(ACCOUNT), DiscrepancyFound("d1", BTC, "1 more")),
    ),
    Alone(
        "reconciliation",
        ("RECONCILING",),
        lambda: an_open_day().record(
            reconciliation_stream(ACCOUNT), ReconciliationBegun("the engine starts")
        ),
    ),
    Alone(
        "breakers",
        ("CIRCUIT_BREAKER_OPEN",),
        lambda: an_open_day().record(
            breaker_stream(ACCOUNT, "ORDERS"), BreakerOpened(Service.ORDERS, NOW, 5, "no response")
        ),
    ),
    Alone("data_freshness", ("STALE_DATA",), now=NOW + timedelta(seconds=30, microseconds=1)),
    Alone("data_freshness", ("DATA_FROM_THE_FUTURE",), now=NOW - timedelta(microseconds=1)),
    Alone("allow_list", ("INSTRUMENT_NOT_ALLOWED",), lambda: with_risk(allowed=(ETH,))),
    Alone(
        "daily_loss",
        ("DAILY_LOSS_LIMIT",),
        lambda: an_open_day().account(money(D(-500), D(9_500))),
    ),
    Alone(
        "daily_loss",
        ("TRADING_DAY_NOT_OPENED",),
        now=NOW + timedelta(days=1),
        signal=a_signal(candle_closed_at=NOW + timedelta(days=1)),
    ),
    Alone("cooldown", ("COOLDOWN",), after_a_loss),
    Alone("max_positions", ("MAX_POSITIONS",), lambda: holding_eth(with_risk(max_positions=1))),
    Alone(
        "max_positions",
        ("MAX_POSITIONS",),
        lambda: (
            with_risk(max_positions=1)
            .order("zzz-e1", an_order(instrument=ETH, type=OrderType.LIMIT, limit_price=D(100)))
            .order("zzz-s1", a_stop(instrument=ETH, parent="zzz-e1"))
        ),
    ),
    Alone(
        "max_positions_per_instrument",
        ("MAX_POSITIONS_PER_INSTRUMENT",),
        holding,
    ),
    Alone("holder", ("HELD_BY_OTHER_STRATEGY",), lambda: holding(two_in_one_instrument(), "slow")),
    Alone("holder", ("HELD_BY_OTHER_STRATEGY",), lambda: waiting_for("slow", two_in_one_instrument())),
    Alone("holder", ("HELD_BY_PERSON",), lambda: two_in_one_instrument().position(an_opening())),
    Alone("protection", ("STOP_NOT_PROTECTIVE",), signal=a_signal(stop=D(102))),
    Alone("protection", ("STOP_NOT_PROTECTIVE",), signal=a_signal(direction=SHORT, trend=-1.0, target=D(94))),
    Alone("protection", ("STOP_BEYOND_LIQUIDATION",), signal=a_signal(stop=D(80), target=D(150))),
    Alone("sizing", ("BELOW_MIN_QUANTITY",), lambda: with_size(D("0.0009"))),
    Alone("sizing", ("BELOW_MIN_NOTIONAL",), lambda: with_size(D("0.049"))),
    Alone("reserved_balance", ("RESERVED_BALANCE",), lambda: with_risk(reserved_balance=D(1))),
    Alone(
        "reserved_balance",
        ("RESERVED_BALANCE",),
        lambda: an_open_day().account(FundsReserved("zzz-e1", D(8_999))),
    ),
    Alone(
        "risk_per_trade",
        ("RISK_PER_TRADE",),
        lambda: with_size(D(100)),
        a_signal(stop=D("97.9"), target=D(110)),
    ),
    Alone(
        "total_risk",
        ("TOTAL_RISK",),
        lambda: holding_eth(an_open_day(), stop=D("9.9"), cost=D(1000)),
    ),
    Alone(
        "total_risk",
        ("TOTAL_RISK",),
        lambda: holding_eth(an_open_day(), stop=None, cost=D(901)),
    ),
)


def test_a_signal_that_every_member_approves_is_entered() -> None:
    decision = decide(a_signal(), a_view(an_open_day()))
    assert (decision.verdict, decision.reasons) == (Verdict.ENTER, ("ALL_APPROVE",))
    assert (decision.quantity, decision.stop, decision.target) == (D("50.000"), D("98.0"), D("106.0"))
    assert (decision.policy_version, decision.settings_version, decision.tier) == (
        POLICY_VERSION,
        1,
        Tier.NORMAL,
    )
    assert [(vote.member, vote.chamber) for vote in decision.votes] == [
        (member.name, member.chamber) for member in MEMBERS
    ]


def test_every_member_has_a_case_in_which_it_alone_flips_the_verdict() -> None:
    assert {case.member for case in ALONE} == {member.name for member in MEMBERS}


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.member}-{'-'.join(case.reasons)}")
def test_one_vote_against_an_entry_skips_it(case: Alone) -> None:
    decision = decide(case.signal, a_view(case.history(), case.now))
    against = [vote for vote in decision.votes if not vote.approves]
    assert [vote.member for vote in against] == [case.member]
    assert against[0].reasons == decision.reasons == case.reasons
    assert decision.verdict is Verdict.SKIP
    assert (decision.quantity, decision.stop, decision.target) == (D(0), D(0), D(0))


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.member}-{'-'.join(case.reasons)}")
def test_the_same_case_without_that_member_is_entered(case: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    others = tuple(member for member in MEMBERS if member.name != case.member)
    monkeypatch.setattr(policy, "MEMBERS", others)
    assert decide(case.signal, a_view(case.history(), case.now)).verdict is Verdict.ENTER


@dataclass(frozen=True)
class Boundary:
    """A case just within the limit that one of the cases in `ALONE` just exceeds."""

    name: str
    history: Callable[[], History] = an_open_day
    signal: SignalDetected = SIGNAL
    now: datetime = NOW


INSIDE = (
    Boundary("confidence at the threshold", signal=a_signal(confidence=0.65)),
    Boundary("strict confidence", three_losses_of_twenty, a_signal(confidence=0.75)),
    Boundary("a trend of zero", signal=a_signal(trend=0.0)),
    Boundary("reward to risk at 1.2 after fees", signal=a_signal(target=D("102.7"))),
    Boundary("a candle 30 s old", now=NOW + timedelta(seconds=30)),
    Boundary("on the allow-list", lambda: with_risk(allowed=(ETH, BTC))),
    Boundary("a loss just below 5 %", lambda: an_open_day().account(money(D("-499.99"), D("9500.01")))),
    Boundary("a day without loss where none is allowed", lambda: with_risk(max_daily_loss=D(0))),
    Boundary("the cooldown is over", after_a_loss, a_signal(), NOW + timedelta(seconds=1)),
    Boundary("a loss in another instrument", three_losses_of_twenty, a_signal(confidence=0.9)),
    Boundary("the last position allowed", lambda: holding_eth(with_risk(max_positions=2))),
    Boundary("a risk of 2 %", lambda: with_size(D(100))),
    Boundary("a total risk of 10 %", lambda: holding_eth(an_open_day(), stop=D(10), cost=D(1000))),
    Boundary("the least notional", lambda: with_size(D("0.05"))),
    Boundary("a short", signal=a_signal(direction=SHORT, trend=-0.5, stop=D(102), target=D(94))),
)


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: case.name)
def test_a_signal_just_within_the_limit_is_entered(case: Boundary) -> None:
    assert decide(case.signal, a_view(case.history(), case.now)).verdict is Verdict.ENTER


def test_all_members_vote_after_the_first_votes_no() -> None:
    signal = a_signal(confidence=0.1, trend=-1.0)
    decision = decide(signal, a_view(an_open_day().account(KillSwitchTripped("hand"))))
    assert len(decision.votes) == len(MEMBERS)
    assert decision.reasons == ("CONFIDENCE_BELOW_THRESHOLD", "TREND_DISAGREES", "KILL_SWITCH")


def test_a_member_that_raises_votes_no_with_the_class_of_the_error_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_case: Case) -> Judgement:
        raise ConnectionError("key=very-secret")

    seats = (MEMBERS[0], Member("oracle", Chamber.ALPHA, broken), *MEMBERS[1:])
    monkeypatch.setattr(policy, "MEMBERS", seats)
    decision = decide(a_signal(), a_view(an_open_day()))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("ConnectionError",))
    assert [vote.approves for vote in decision.votes].count(False) == 1
    assert "secret" not in repr(decision)
    assert [dict(vote.figures) for vote in decision.votes if not vote.approves] == [{}]


def test_a_vote_against_without_a_reason_counts_with_the_members_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = Member("silent", Chamber.RISK, lambda _case: Judgement(approves=False))
    monkeypatch.setattr(policy, "MEMBERS", (*MEMBERS, silent))
    decision = decide(a_signal(), a_view(an_open_day()))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("silent",))


def test_an_instrument_that_is_not_listed_is_skipped() -> None:
    decision = decide(a_signal(), replace(a_view(an_open_day()), instrument=None))
    assert decision.verdict is Verdict.SKIP
    assert decision.reasons == ("InstrumentNotListed", "INSTRUMENT_NOT_LISTED")


def test_a_view_with_the_rules_of_another_instrument_is_skipped() -> None:
    decision = decide(a_signal(), replace(a_view(an_open_day()), instrument=an_instrument(ETH)))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("INSTRUMENT_NOT_LISTED",))


def test_a_signal_without_an_account_is_skipped() -> None:
    view = View(now=NOW, settings=EMPTY.settings, instrument=an_instrument(), portfolio=EMPTY)
    decision = decide(a_signal(), view)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("AccountNotOpened",))


def test_a_naive_time_is_skipped() -> None:
    decision = decide(a_signal(), a_view(an_open_day(), NOW.replace(tzinfo=None)))
    assert (decision.verdict, "TypeError" in decision.reasons) == (Verdict.SKIP, True)


def test_an_exit_with_nothing_to_exit_is_skipped_without_a_vote() -> None:
    decision = decide(a_signal(intent=Intent.EXIT), a_view(an_open_day()))
    assert (decision.verdict, decision.reasons, decision.votes) == (Verdict.SKIP, ("NOTHING_TO_EXIT",), ())


def test_an_exit_in_the_direction_of_the_position_is_skipped() -> None:
    decision = decide(a_signal(intent=Intent.EXIT), a_view(an_open_day().position(an_opening())))
    assert decision.reasons == ("NOTHING_TO_EXIT",)


AGAINST = a_signal(direction=SHORT, stop=D(102), target=D(94), trend=-0.5)


@pytest.mark.parametrize(
    ("intent", "reason"), [(Intent.ENTER, "REVERSAL"), (Intent.EXIT, "EXIT_SIGNAL")], ids=str
)
def test_a_signal_against_an_open_position_closes_it(intent: Intent, reason: str) -> None:
    decision = decide(replace(AGAINST, intent=intent), a_view(holding()))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, (reason,))
    assert [vote.member for vote in decision.votes] == [member.name for member in EXIT_MEMBERS]
    assert (decision.quantity, decision.stop, decision.target) == (D(0), D(0), D(0))


def test_reasons_against_an_entry_do_not_prevent_an_exit() -> None:
    history = holding(with_risk(allowed=(ETH,), max_positions=0))
    history.account(KillSwitchTripped("hand"), money(D(-5_000), D(5_000)), DayOpened("2025-04-04", D(1)))
    stream = reconciliation_stream(ACCOUNT)
    history.record(stream, DiscrepancyFound("d1", BTC, "1 more"), ReconciliationBegun("a gap in the reports"))
    decision = decide(replace(AGAINST, confidence=0.0, trend=1.0), a_view(history))
    assert decision.verdict is Verdict.CLOSE


def test_a_signal_against_a_waiting_entry_closes_it() -> None:
    assert decide(AGAINST, a_view(waiting_for(AGAINST.strategy))).verdict is Verdict.CLOSE


def an_exit_under_way() -> History:
    exit_order = a_stop(parent=None, type=OrderType.MARKET, trigger_price=None, purpose=Purpose.REVERSAL)
    return holding().order("zzz-x1", exit_order)


def a_close_that_waits() -> History:
    begun = PositionClosing(CloseReason.SIGNAL, "zzz", "zzz-x")
    failed = PositionCloseFailed(order_id="zzz-x1", attempt=1, remaining=D(1), retry_at=NOW)
    return holding().position(begun, failed)


def a_part_leaves() -> History:
    """A person's resting order reduces a part of the position, far from the market."""
    part = a_stop(
        parent=None, type=OrderType.LIMIT, trigger_price=None, limit_price=D(150), purpose=Purpose.MANUAL
    )
    return holding().order("mine-x1", part)


def an_entry_being_taken_back() -> History:
    return waiting_for(AGAINST.strategy).order("abc-e1", OrderCancelRequested("REVERSAL"))


@dataclass(frozen=True)
class Refusal:
    """A case in which one member alone refuses an exit."""

    member: str
    reason: str
    history: Callable[[], History]
    now: datetime = NOW


REFUSALS = (
    Refusal("exit_once", "EXIT_UNDER_WAY", an_exit_under_way),
    Refusal("exit_once", "EXIT_UNDER_WAY", a_close_that_waits),
    Refusal("exit_once", "EXIT_UNDER_WAY", an_entry_being_taken_back),
    Refusal(
        "data_freshness",
        "STALE_DATA",
        holding,
        NOW + timedelta(seconds=31),
    ),
    Refusal("holder", "HELD_BY_OTHER_STRATEGY", lambda: holding(owner="slow")),
    Refusal("holder", "HELD_BY_OTHER_STRATEGY", lambda: waiting_for("slow")),
    Refusal("holder", "HELD_BY_PERSON", lambda: an_open_day().position(an_opening())),
)


def test_every_exit_member_has_a_case_in_which_it_alone_flips_the_verdict() -> None:
    assert {case.member for case in REFUSALS} == {member.name for member in EXIT_MEMBERS}


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.member)
def test_one_vote_against_an_exit_skips_it(case: Refusal) -> None:
    decision = decide(AGAINST, a_view(case.history(), case.now))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    assert [vote.member for vote in decision.votes if not vote.approves] == [case.member]


def test_deciding_again_from_the_log_gives_the_same_decision() -> None:
    for case in ALONE:
        first = decide(case.signal, a_view(case.history(), case.now))
        again = decide(case.signal, a_view(case.history(), case.now))
        assert repr(again) == repr(first)


def test_a_decision_does_not_depend_on_the_decimal_context() -> None:
    history = holding_eth(an_open_day(balance=98_765_432), stop=D("97.123456789"), cost=D("1000.000000001"))
    signal = a_signal(stop=D("98.0123456789"))
    expected = decide(signal, a_view(history))
    with localcontext(Context(prec=3, rounding=ROUND_UP)):
        assert repr(decide(signal, a_view(history))) == repr(expected)


def test_every_figure_is_text_without_an_exponent() -> None:
    decision: DecisionMade = decide(a_signal(confidence=1e-7), a_view(an_open_day()))
    figures = {
        (vote.member, name): figure for vote in decision.votes for name, figure in vote.figures.items()
    }
    assert figures["confidence", "confidence"] == "0.0000001"
    assert figures["reward_to_risk", "risk"] == "2.108900"
    assert figures["data_freshness", "now"] == "2025-04-03T12:00:00+00:00"
    assert {vote.member for vote in decision.votes} == {member for member, _ in figures}


def test_the_tier_in_force_is_recorded() -> None:
    decision = decide(a_signal(confidence=0.7), a_view(three_losses_of_twenty()))
    assert decision.tier is Tier.STRICT
    confidence = decision.votes[0].figures
    assert (confidence["tier"], confidence["threshold"], confidence["losses_in_a_row"]) == (
        "STRICT",
        "0.75",
        "3",
    )


@pytest.mark.parametrize(
    ("direction", "stop", "target", "rounded"),
    [
        (Direction.LONG, D("98.07"), D("106.07"), (D("98.0"), D("106.0"))),
        (SHORT, D("101.93"), D("93.93"), (D("102.0"), D("94.0"))),
    ],
)
def test_stop_and_target_are_never_rounded_in_our_favour(
    direction: Direction, stop: Decimal, target: Decimal, rounded: tuple[Decimal, Decimal]
) -> None:
    trend = 0.5 if direction is Direction.LONG else -0.5
    signal = a_signal(direction=direction, stop=stop, target=target, trend=trend)
    decision = decide(signal, a_view(an_open_day()))
    assert (decision.stop, decision.target) == rounded
    assert decision.quantity == D("50.000")


def test_the_settings_of_the_view_are_applied() -> None:
    settings = Settings(
        alpha=AlphaSettings(minimum_trend=0.9, minimum_reward_to_risk=D(4)),
        tiers=TierSettings(normal_confidence=0.99),
    )
    decision = decide(a_signal(), a_view(an_open_day(settings)))
    assert decision.reasons == ("CONFIDENCE_BELOW_THRESHOLD", "TREND_DISAGREES", "REWARD_TO_RISK_TOO_LOW")


def test_margin_of_open_positions_is_not_spendable() -> None:
    free = decide(a_signal(), a_view(with_size(D(90))))
    tied_up = holding_eth(with_size(D(90)), quantity=D(400), cost=D(40_000), stop=D("99.9"))
    cut = decide(a_signal(), a_view(tied_up))
    assert (free.quantity, cut.verdict) == (D("90.000"), Verdict.ENTER)
    assert cut.quantity == D("49.726")


def test_an_old_decision_is_made_again_by_the_members_of_its_policy() -> None:
    """Under the first policy no member voted on paused strategies, owners of positions or circuit breakers."""
    paused = an_open_day(Settings(paused=(SIGNAL.strategy,)))
    then, now = decide(SIGNAL, a_view(paused), 1), decide(SIGNAL, a_view(paused))
    assert (then.verdict, now.verdict) == (Verdict.ENTER, Verdict.SKIP)
    assert (then.policy_version, now.policy_version) == (1, POLICY_VERSION)
    assert len(then.votes) == len(now.votes) - 3
    assert now.reasons == ("STRATEGY_PAUSED",)


def test_an_unknown_policy_version_raises() -> None:
    with pytest.raises(KeyError):
        decide(SIGNAL, a_view(an_open_day()), POLICY_VERSION + 1)


def test_an_exit_of_a_paused_strategy_is_decided() -> None:
    history = holding(an_open_day(Settings(paused=(AGAINST.strategy,))))
    for intent in Intent:
        assert decide(replace(AGAINST, intent=intent), a_view(history)).verdict is Verdict.CLOSE


THEIRS: tuple[tuple[Callable[[History], History], str, str], ...] = (
    (lambda history: holding(history, "slow"), "HELD_BY_OTHER_STRATEGY", "slow"),
    (lambda history: waiting_for("slow", history), "HELD_BY_OTHER_STRATEGY", "slow"),
    (lambda history: history.position(an_opening()), "HELD_BY_PERSON", "person"),
    (lambda history: history.order("abc-e1", an_order()), "HELD_BY_PERSON", "person"),
)
"""Exposure of another owner, the reason for which a signal may not close it, and its owner."""


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize(("held", "reason", "owner"), THEIRS)
def test_a_position_of_another_owner_is_not_closed_and_the_vote_names_the_owner(
    held: Callable[[History], History], reason: str, owner: str, intent: Intent
) -> None:
    decision = decide(replace(AGAINST, intent=intent), a_view(held(an_open_day())))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (reason,))
    figures = next(vote.figures for vote in decision.votes if vote.member == "holder")
    assert figures == {"strategy": AGAINST.strategy, "owners": owner, "reverse_others": "false"}


@pytest.mark.parametrize(("held", "reason", "_owner"), THEIRS)
def test_with_reverse_others_an_entry_closes_another_owners_position_and_an_exit_does_not(
    held: Callable[[History], History], reason: str, _owner: str
) -> None:
    view = a_view(held(an_open_day(Settings(reverse_others=True))))
    entered, left = decide(AGAINST, view), decide(replace(AGAINST, intent=Intent.EXIT), view)
    assert (entered.verdict, entered.reasons) == (Verdict.CLOSE, ("REVERSAL",))
    assert (left.verdict, left.reasons) == (Verdict.SKIP, (reason,))


@pytest.mark.parametrize(("held", "reason", "_owner"), THEIRS)
def test_an_entry_beside_a_position_of_another_owner_is_skipped(
    held: Callable[[History], History], reason: str, _owner: str
) -> None:
    decision = decide(a_signal(), a_view(held(an_open_day())))
    assert decision.verdict is Verdict.SKIP
    assert decision.reasons[:2] == (reason, "MAX_POSITIONS_PER_INSTRUMENT")


@pytest.mark.parametrize("policy_version", [1, 2])
@pytest.mark.parametrize(("held", "_reason", "_owner"), THEIRS)
def test_under_policies_without_owners_any_opposing_signal_closes_a_position(
    held: Callable[[History], History], _reason: str, _owner: str, policy_version: int
) -> None:
    decision = decide(AGAINST, a_view(held(an_open_day())), policy_version)
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("REVERSAL",))
    assert [vote.member for vote in decision.votes] == ["data_freshness", "exit_once"]


@pytest.mark.parametrize(
    ("policy_version", "verdict"), [(3, Verdict.SKIP), (4, Verdict.CLOSE), (POLICY_VERSION, Verdict.CLOSE)]
)
def test_a_resting_reduction_prevents_an_exit_only_under_the_earlier_policies(
    policy_version: int, verdict: Verdict
) -> None:
    assert decide(AGAINST, a_view(a_part_leaves()), policy_version).verdict is verdict


def test_an_own_position_is_closed_beside_an_entry_of_another_owner() -> None:
    """A person's waiting entry beside our position does not prevent the exit."""
    history = holding().order("zzz-e1", an_order(type=OrderType.LIMIT, limit_price=D(99)))
    other = an_open_day().order("zzz-e1", an_order(type=OrderType.LIMIT, limit_price=D(99)))
    holding(other)
    for portfolio in (history.portfolio(), other.portfolio()):
        view = replace(a_view(an_open_day()), portfolio=portfolio)
        assert decide(replace(AGAINST, intent=Intent.EXIT), view).verdict is Verdict.CLOSE
