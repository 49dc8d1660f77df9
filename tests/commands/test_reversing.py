"""A reversal: one decision closes the opposed position and, once it is flat, opens the signal's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from commands.account import ResetKillSwitch, TripKillSwitch
from commands.breaker import Unanswered
from commands.exchange import Cancelled
from commands.position import WithdrawClose
from commands.reconciliation import BeginReconciliation
from commands.signal import RecordReversal, decide
from domain.breaker import Service
from domain.direction import Direction, Purpose, Side
from domain.errors import Refused
from domain.limits.settings import LimitSettings
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.settings import OnOpposite, RiskSettings, Settings
from domain.signal import Decided, DecisionMade, Detected, ReversalDecided, Verdict
from domain.strategies import Intent
from domain.streams import order_stream, signal_stream
from infra.run.redeciding import Redecision
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.domain.history import ACCOUNT, BTC, D
from tests.replacing import replace

SHORT = long(direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)
REVERSING = Settings(on_opposite=OnOpposite.REVERSE)


def a_long(settings: Settings = REVERSING) -> Desk:
    """A desk that holds all of an entry at 99, stop 98: at 100 it is closed with a profit."""
    desk = Desk().opened(settings)
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "in", terms(desk, f"{chain}-e1").quantity, D(99)))
    return desk


def reversing(desk: Desk) -> str:
    """The chain of a short signal that is decided to reverse the position."""
    recorded = desk.see(SHORT)
    assert decision_of(recorded).verdict is Verdict.REVERSE
    return chain_of(recorded)


def closes(desk: Desk, chain: str, price: str = "100") -> list[Envelope]:
    """The fill of the whole close."""
    return desk.tell(a_fill_of(f"{chain}-x1", "out", terms(desk, f"{chain}-x1").quantity, D(price)))


def terms(desk: Desk, order_id: str) -> OrderPlaced:
    placed: OrderPlaced = desk.world.state(order_stream(ACCOUNT, order_id)).terms
    return placed


def decision_of(recorded: list[Envelope]) -> DecisionMade:
    (decision,) = (one.event for one in recorded if isinstance(one.event, DecisionMade))
    return decision


def legs(desk: Desk) -> list[tuple[Verdict, tuple[str, ...]]]:
    found = (one.event for one in desk.log.envelopes if isinstance(one.event, ReversalDecided))
    return [(leg.verdict, leg.reasons) for leg in found]


def entries_of(desk: Desk) -> list[str]:
    """The ids of the entries that were sent, in order."""
    sent = [str(order_id) for verb, ids in desk.exchange.sent if verb == "submit" for order_id in ids]
    return [order_id for order_id in sent if order_id.endswith("-e1")]


def test_by_default_an_opposing_entry_only_closes() -> None:
    desk = a_long(Settings())
    recorded = desk.see(SHORT)
    assert (decision_of(recorded).verdict, decision_of(recorded).reasons) == (Verdict.CLOSE, ("REVERSAL",))
    closes(desk, chain_of(recorded))
    assert len(entries_of(desk)) == 1


def test_one_decision_holds_the_close_and_the_entry_with_its_stop_and_target() -> None:
    desk = a_long()
    recorded = desk.see(SHORT)
    decision, chain = decision_of(recorded), chain_of(recorded)
    assert (decision.verdict, decision.reasons) == (Verdict.REVERSE, ("REVERSAL", "ALL_APPROVE"))
    assert decision.quantity > 0
    assert (decision.stop, decision.target) == (D(102), D(94))
    assert names(recorded) == ["SignalDetected", "DecisionMade", "PositionClosing", "OrderPlaced"]
    assert terms(desk, f"{chain}-x1").purpose is Purpose.REVERSAL


def test_the_entry_is_sent_with_its_protection_only_when_the_position_is_flat() -> None:
    desk = a_long()
    chain = reversing(desk)
    half = terms(desk, f"{chain}-x1").quantity / 2
    desk.tell(a_fill_of(f"{chain}-x1", "out1", half, D(100)))
    assert len(entries_of(desk)) == 1
    recorded = desk.tell(a_fill_of(f"{chain}-x1", "out2", half, D(100)))
    assert names(recorded)[-5:] == ["ReversalDecided", "FundsReserved", *["OrderPlaced"] * 3]
    assert desk.exchange.sent[-1] == ("submit", tuple(f"{chain}-{leg}" for leg in ("e1", "s1", "t1")))
    entry, stop, target = (terms(desk, f"{chain}-{leg}") for leg in ("e1", "s1", "t1"))
    decided = desk.world.state(signal_stream(ACCOUNT, chain)).decision
    assert (entry.side, entry.quantity, entry.reduce_only) == (Side.SELL, decided.quantity, False)
    assert (stop.trigger_price, target.limit_price) == (D(102), D(94))
    desk.tell(a_fill_of(f"{chain}-e1", "in2", entry.quantity, D(100)))
    held = desk.world.portfolio.positions[BTC]
    assert (held.state.direction, held.state.stop, held.owner) == (Direction.SHORT, D(102), "trend")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (LimitSettings(strategy_losses=1), "STRATEGY_PAUSED_AFTER_LOSSES"),
        (LimitSettings(account_losses=1), "ACCOUNT_PAUSED_AFTER_LOSSES"),
    ],
    ids=["of the strategy", "of the account"],
)
def test_a_pause_that_the_loss_of_the_close_begins_refuses_the_entry(
    limits: LimitSettings, reason: str
) -> None:
    risk = replace(RiskSettings(), cooldown_seconds=0)
    desk = a_long(replace(REVERSING, limits=limits, risk=risk))
    chain = reversing(desk)
    recorded = names(closes(desk, chain, "98.5"))
    assert recorded.index("EntriesPaused") < recorded.index("ReversalDecided")
    assert legs(desk) == [(Verdict.SKIP, (reason,))]
    assert f"{chain}-e1" not in entries_of(desk)
    verified = Redecision()
    assert list(verified.steps(desk.log.read()))
    assert (verified.is_equal, verified.made["ReversalDecided"]) == (True, 1)


def test_every_event_of_a_reversal_is_of_the_signals_chain() -> None:
    desk = a_long()
    chain = reversing(desk)
    closes(desk, chain)
    of_chain = [type(one.event).__name__ for one in desk.log.envelopes if one.meta.correlation_id == chain]
    assert of_chain[:3] == ["SignalDetected", "DecisionMade", "PositionClosing"]
    assert {"PositionClosed", "ReversalDecided"} <= set(of_chain)
    assert of_chain.count("OrderPlaced") == 4


def test_a_stop_that_closes_the_position_first_does_not_change_the_chain_of_the_entry() -> None:
    desk = a_long()
    (old,) = {one.meta.correlation_id for one in desk.log.envelopes if isinstance(one.event, DecisionMade)}
    chain = reversing(desk)
    recorded = desk.tell(a_fill_of(f"{old}-s1", "stopped", terms(desk, f"{chain}-x1").quantity, D("99.5")))
    placed = [one for one in recorded if isinstance(one.event, ReversalDecided | OrderPlaced)]
    assert len(placed) == 4
    assert {one.meta.correlation_id for one in placed} == {chain}


def test_a_repeated_report_of_the_close_opens_nothing_twice() -> None:
    desk = a_long()
    chain = reversing(desk)
    closes(desk, chain)
    assert closes(desk, chain) == []
    assert entries_of(desk).count(f"{chain}-e1") == 1
    assert legs(desk) == [(Verdict.ENTER, ("ALL_APPROVE",))]


def fails(desk: Desk, chain: str) -> None:
    order_id = f"{chain}-x1"
    desk.tell(Cancelled(order_id=order_id, at=desk.at, fact="exchange:test:no", reason="NoLiquidity"))


def trips_and_is_reset(desk: Desk, _chain: str) -> None:
    desk.ask(TripKillSwitch("by hand", (), ()), cause="command:kill")
    desk.ask(ResetKillSwitch("checked"), cause="command:reset")


def reconciles(desk: Desk, _chain: str) -> None:
    desk.ask(BeginReconciliation("the stream was disconnected"), cause="clock:now")


def breaks(desk: Desk, _chain: str) -> None:
    for number in range(5):
        fact = f"exchange:test:break{number}"
        failed = Unanswered(service=Service.ORDERS, at=desk.at, fact=fact, reason="time-out")
        desk.ask(failed, cause=fact)


def keeps(desk: Desk, _chain: str) -> None:
    desk.ask(WithdrawClose(desk.world.portfolio.positions[BTC].stream, "kept"), cause="command:keep")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (fails, "CLOSE_FAILED"),
        (trips_and_is_reset, "KILL_SWITCH"),
        (reconciles, "RECONCILING"),
        (breaks, "CIRCUIT_BREAKER_OPEN"),
        (keeps, "CLOSE_WITHDRAWN"),
    ],
)
def test_what_happens_before_the_position_is_flat_withdraws_the_entry_for_good(
    happens: Callable[[Desk, str], None], reason: str
) -> None:
    desk = a_long()
    chain = reversing(desk)
    happens(desk, chain)
    assert legs(desk) == [(Verdict.SKIP, (reason,))]
    if desk.world.portfolio.positions:
        closes(desk, chain)
    assert legs(desk) == [(Verdict.SKIP, (reason,))]
    assert len(entries_of(desk)) == 1
    assert not desk.world.portfolio.proposed
    assert not desk.world.portfolio.reversals


def test_a_close_that_loses_begins_the_cooldown_and_withdraws_the_entry() -> None:
    desk = a_long()
    chain = reversing(desk)
    closes(desk, chain, "98.5")
    assert legs(desk) == [(Verdict.SKIP, ("COOLDOWN",))]
    assert len(entries_of(desk)) == 1


def test_a_position_that_would_be_closed_at_a_loss_is_only_closed_during_the_cooldown() -> None:
    desk = Desk().opened(REVERSING)
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "in", terms(desk, f"{chain}-e1").quantity, D(101)))
    decision = decision_of(desk.see(SHORT))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("REVERSAL", "COOLDOWN"))
    assert decision.quantity == 0


def test_the_entry_is_judged_with_the_loss_at_the_stop_of_the_opposed_position() -> None:
    """At the stop of 98 the close would lose 1 % of the balance, which is the limit of the day."""
    limits = RiskSettings(max_daily_loss=D("0.005"), minimum_win_rate=D(0))
    decision = decision_of(a_long(replace(REVERSING, risk=limits)).see(SHORT))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("REVERSAL", "DAILY_LOSS_LIMIT"))


def test_a_close_beyond_the_target_of_the_entry_withdraws_it() -> None:
    desk = a_long(replace(REVERSING, risk=RiskSettings(cooldown_seconds=0, minimum_win_rate=D(0))))
    chain = reversing(desk)
    closes(desk, chain, "93.9")
    ((verdict, reasons),) = legs(desk)
    assert verdict is Verdict.SKIP
    assert "TARGET_NOT_BEYOND_ENTRY" in reasons


@pytest.mark.parametrize(("seconds", "verdict"), [(59, Verdict.ENTER), (61, Verdict.SKIP)])
def test_a_close_that_took_longer_than_an_order_is_fresh_opens_nothing(
    seconds: int, verdict: Verdict
) -> None:
    desk = a_long()
    chain = reversing(desk)
    desk.at += timedelta(seconds=seconds)
    fill = a_fill_of(f"{chain}-x1", "out", terms(desk, f"{chain}-x1").quantity, D(100))
    desk.tell(replace(fill, at=desk.at))
    reasons = ("ALL_APPROVE",) if verdict is Verdict.ENTER else ("STALE_REVERSAL",)
    assert legs(desk) == [(verdict, reasons)]
    if verdict is Verdict.ENTER:
        assert terms(desk, f"{chain}-e1").fresh_until == desk.at + timedelta(seconds=1)


def test_an_exit_signal_reverses_nothing() -> None:
    decision = decision_of(a_long().see(replace(SHORT, intent=Intent.EXIT)))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("EXIT_SIGNAL",))


def test_a_second_leg_without_a_decision_to_reverse_is_refused() -> None:
    desk = a_long()
    chain = reversing(desk)
    closes(desk, chain)
    decided = desk.world.state(signal_stream(ACCOUNT, chain))
    assert isinstance(decided, Decided)
    assert decided.reversal is not None
    again = RecordReversal(chain, decided.reversal)
    assert decide(again, decided) == []
    with pytest.raises(Refused, match="was not decided to reverse"):
        decide(again, Detected(decided.signal))
