"""The circuit breaker of an engine: failed calls open it, entries wait while it is open, and a trial closes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.breaker import Answered, EndPause, Unanswered, decide
from commands.inputs import MarketMoved, Tick
from commands.order import CancelOrder, PlaceOrder
from domain.breaker import (
    FAILURES,
    PAUSE,
    UNBROKEN,
    WINDOW,
    Breaker,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    CallFailed,
    Mode,
    Service,
    evolve,
)
from domain.direction import Side
from domain.errors import ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.order import OrderExpired, OrderStatus, OrderType
from domain.signal import DecisionMade, Verdict
from domain.streams import breaker_stream, order_stream
from projections.chain import missing_causes
from tests.commands.an_order import ORDER, RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.commands.list_log import ListLog
from tests.domain.history import ACCOUNT, NOW, D, an_order
from tests.replacing import replace

ORDERS = Service.ORDERS
LATER = NOW + timedelta(seconds=1)
FOUR = Breaker(failed=(NOW,) * (FAILURES - 1))
OPEN, HALF = Breaker(Mode.OPEN, NOW), Breaker(Mode.HALF_OPEN, NOW)
DOWN = Unanswered(service=ORDERS, at=LATER, fact="clock:later", reason="no response")
UP = Answered(service=ORDERS, at=LATER, fact="clock:later")
FAILED = CallFailed(ORDERS, LATER, "no response")
RESTING = an_order(type=OrderType.LIMIT, limit_price=D(90), fresh_until=NOW + timedelta(hours=1))
REDUCING = replace(RESTING, reduce_only=True, side=Side.SELL)


@pytest.mark.parametrize(
    ("command", "state", "events"),
    [
        (DOWN, UNBROKEN, [FAILED]),
        (DOWN, FOUR, [FAILED, BreakerOpened(ORDERS, LATER, FAILURES, "no response")]),
        (DOWN, Breaker(failed=(LATER - WINDOW, NOW, NOW, NOW)), [FAILED]),
        (DOWN, OPEN, []),
        (DOWN, HALF, [FAILED, BreakerOpened(ORDERS, LATER, 1, "no response")]),
        (UP, UNBROKEN, []),
        (UP, FOUR, []),
        (UP, OPEN, []),
        (UP, HALF, [BreakerClosed(ORDERS, LATER)]),
        (EndPause(ORDERS, NOW + PAUSE), OPEN, [BreakerHalfOpened(ORDERS, NOW + PAUSE)]),
        (EndPause(ORDERS, LATER), OPEN, []),
        (EndPause(ORDERS, NOW + PAUSE), HALF, []),
        (EndPause(ORDERS, NOW + PAUSE), UNBROKEN, []),
    ],
)
def test_the_decisions_of_a_breaker(
    command: Unanswered | Answered | EndPause, state: Breaker, events: object
) -> None:
    assert decide(command, state) == events


def state(desk: Desk, service: Service = ORDERS) -> Breaker:
    found: Breaker = desk.world.state(breaker_stream(ACCOUNT, service))
    return found


def mode(desk: Desk) -> Mode:
    return state(desk).mode


def cancel(desk: Desk, number: int) -> None:
    """One call to the exchange that adds no exposure."""
    desk.ask(CancelOrder(ORDER, "enough"), cause=f"command:cancel-{number}")


def a_resting_order() -> Desk:
    desk = Desk().opened()
    desk.ask(PlaceOrder(ORDER, REDUCING, RULES), cause="command:place")
    return desk


def broken(failures: int = FAILURES, log: ListLog | None = None) -> Desk:
    """A desk whose last calls, one a second, had no response."""
    desk = a_resting_order() if log is None else Desk(log)
    desk.exchange.error = ExchangeUnreachable("down")
    for number in range(failures):
        cancel(desk, number)
    return desk


def at_rest(at: datetime) -> MarketMoved:
    return MarketMoved(at, ())


def after_the_pause(desk: Desk) -> Desk:
    desk.exchange.error = None
    desk.at += PAUSE
    desk.handle(Tick(desk.at))
    return desk


@pytest.mark.parametrize(("failures", "expected"), [(4, Mode.CLOSED), (5, Mode.OPEN), (7, Mode.OPEN)])
def test_five_calls_without_a_response_open_the_breaker(failures: int, expected: Mode) -> None:
    desk = broken(failures)
    assert mode(desk) is expected
    assert list(missing_causes(desk.log.read())) == []
    assert folded(desk.log) == snapshot(desk.world)


def test_five_failures_over_more_than_the_window_leave_it_closed() -> None:
    desk = broken(4)
    desk.at += WINDOW
    cancel(desk, 5)
    assert mode(desk) is Mode.CLOSED


def test_refusals_are_answers_and_never_open_it() -> None:
    desk = a_resting_order()
    desk.exchange.error = ExchangeRefused("110001: too late")
    for number in range(8):
        cancel(desk, number)
    assert state(desk) == UNBROKEN


def test_unknown_outcomes_count_once_a_call_whatever_number_of_orders_it_had() -> None:
    desk = Desk().opened()
    desk.exchange.error = OutcomeUnknown("no response")
    followed = names(desk.see(long()))
    assert (followed.count("OrderOutcomeUnknown"), followed.count("CallFailed")) == (3, 1)


def test_while_it_is_open_the_committee_skips_entries() -> None:
    desk = broken()
    (decision,) = (one.event for one in desk.see(long()) if isinstance(one.event, DecisionMade))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("CIRCUIT_BREAKER_OPEN",))


def test_while_it_is_open_a_placed_entry_is_not_sent_and_the_reason_states_since_when() -> None:
    desk = broken()
    desk.exchange.error = None
    before = len(desk.exchange.letters)
    opened = state(desk).since
    desk.ask(PlaceOrder("mine", RESTING, RULES), cause="command:mine")
    (expired,) = (one.event for one in desk.log.envelopes if isinstance(one.event, OrderExpired))
    assert (
        expired.reason
        == f"not sent: the circuit breaker of ORDERS is open since {opened:%Y-%m-%d %H:%M:%S} UTC"
    )
    assert len(desk.exchange.letters) == before


@pytest.mark.parametrize("service", [Service.QUERIES, Service.MARKET_DATA])
def test_an_open_breaker_of_another_service_holds_entries_back_too(service: Service) -> None:
    desk = Desk().opened()
    for number in range(FAILURES):
        down = Unanswered(service=service, at=desk.at, fact=f"clock:{number}", reason="no response")
        desk.tell(down)
    assert state(desk, service).mode is Mode.OPEN
    desk.ask(PlaceOrder("mine", RESTING, RULES), cause="command:mine")
    assert desk.exchange.letters == []


def test_while_it_is_open_reductions_stops_and_cancels_are_sent() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(50), D(100)))
    for number in range(FAILURES):
        desk.tell(Unanswered(service=ORDERS, at=desk.at, fact=f"clock:{number}", reason="no response"))
    assert mode(desk) is Mode.OPEN
    stop = replace(REDUCING, type=OrderType.STOP, limit_price=None, trigger_price=D(80))
    desk.ask(PlaceOrder("out", REDUCING, RULES), PlaceOrder("stop", stop, RULES), cause="command:out")
    desk.ask(CancelOrder("out", "enough"), cause="command:cancel")
    assert desk.exchange.sent[-3:] == [("submit", ("out",)), ("submit", ("stop",)), ("cancel", ("out",))]


@pytest.mark.parametrize("given", [Tick, at_rest], ids=["tick", "market"])
def test_after_the_pause_the_first_input_makes_the_next_call_the_trial(
    given: Callable[[datetime], Tick | MarketMoved],
) -> None:
    desk = broken()
    desk.at += PAUSE - timedelta(seconds=1)
    desk.handle(given(desk.at))
    assert mode(desk) is Mode.OPEN
    desk.at += timedelta(seconds=1)
    assert names(desk.handle(given(desk.at))) == ["BreakerHalfOpened"]
    assert mode(desk) is Mode.HALF_OPEN


def test_an_answered_trial_closes_it_and_entries_are_sent_again() -> None:
    desk = after_the_pause(broken())
    followed = names(desk.see(long()))
    assert followed[-1] == "BreakerClosed"
    assert desk.exchange.letters[-1].kind == "submit"
    assert mode(desk) is Mode.CLOSED
    assert folded(desk.log) == snapshot(desk.world)


def test_a_refused_trial_is_answered_and_closes_it() -> None:
    desk = after_the_pause(broken())
    desk.exchange.error = ExchangeRefused("110007: ab not enough")
    assert names(desk.see(long()))[-1] == "BreakerClosed"


def test_a_failed_trial_opens_it_for_another_pause() -> None:
    desk = after_the_pause(broken())
    desk.exchange.error = OutcomeUnknown("no response")
    assert names(desk.see(long()))[-2:] == ["CallFailed", "BreakerOpened"]
    assert mode(after_the_pause(desk)) is Mode.HALF_OPEN


def test_only_one_entry_is_the_trial_and_the_others_of_the_same_unit_are_not_sent() -> None:
    desk = after_the_pause(broken())
    before = len(desk.exchange.letters)
    places = (PlaceOrder(name, RESTING, RULES) for name in ("one", "two"))
    desk.ask(*places, cause="command:both")
    assert [letter.about for letter in desk.exchange.letters[before:]] == [("one",)]
    assert desk.world.state(order_stream(ACCOUNT, "two")).status is OrderStatus.EXPIRED
    assert mode(desk) is Mode.CLOSED


def test_a_restarted_engine_finds_the_breaker_of_the_log() -> None:
    desk = broken()
    again = Desk(desk.log)
    again.driver.refresh()
    again.at = desk.at
    again.ask(PlaceOrder("mine", RESTING, RULES), cause="command:mine")
    assert (mode(again), again.exchange.letters) == (Mode.OPEN, [])


def test_a_log_with_a_breaker_is_recalled_by_the_same_inputs_to_the_same_breaker() -> None:
    def play(desk: Desk) -> Desk:
        desk.opened()
        desk.ask(PlaceOrder(ORDER, REDUCING, RULES), cause="command:place")
        desk.exchange.error = ExchangeUnreachable("down")
        for number in range(FAILURES):
            cancel(desk, number)
        after_the_pause(desk).see(long())
        return desk

    played = play(Desk())
    again = play(Desk(ListLog(played.log.envelopes), recalling=True))
    assert again.log.envelopes == played.log.envelopes
    assert again.recorded == played.recorded
    assert again.exchange.sent == played.exchange.sent
    assert names(played.log.envelopes).count("BreakerClosed") == 1
    assert snapshot(again.world) == snapshot(played.world)


@given(st.lists(st.integers(1, 40), max_size=30))
def test_a_closed_breaker_opens_exactly_at_the_first_five_failures_within_thirty_seconds(
    gaps: list[int],
) -> None:
    """`gaps` are the whole seconds between two failures."""
    moments = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    expected = next((one for one in moments if sum(one - 30 < other <= one for other in moments) >= 5), None)
    state, opened = UNBROKEN, None
    for moment in moments:
        at = NOW + timedelta(seconds=moment)
        for event in decide(Unanswered(service=ORDERS, at=at, fact="clock:x", reason="down"), state):
            state = evolve(state, event)
        if opened is None and state.mode is Mode.OPEN:
            opened = moment
    assert opened == expected
