"""Recall: a log that was cut after any unit is resumed and becomes the same log as without the cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.account import TripKillSwitch, TurnDay
from commands.exchange import AnyReport, Cancelled, CancelRefused, Submitted
from commands.order import CancelOrder, PlaceOrder
from commands.recall import Recall
from commands.routes import Command
from commands.stimulus import Ask, Stimulus
from domain.direction import Direction, Side
from domain.errors import TapeMismatch
from domain.log import chain_id, is_outside_fact
from domain.signal import SignalDetected
from domain.strategies import Intent
from tests.commands.an_order import PLACED, RULES
from tests.commands.desk import Desk, a_fill_of, folded, funding, liquidation, long, snapshot
from tests.commands.list_log import ListLog
from tests.domain.history import ACCOUNT, ETH, LOG_ID, D

SHORT = long(direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)
LEAVE = long(direction=Direction.SHORT, intent=Intent.EXIT)


@dataclass(frozen=True)
class SignalStep:
    """Signals of candles that close at one instant."""

    signals: tuple[SignalDetected, ...]


@dataclass(frozen=True)
class ReportStep:
    """Reports, made from the orders that were sent before."""

    reports: Callable[[Sequence[str]], Sequence[AnyReport]]


@dataclass(frozen=True)
class CommandStep:
    """A command of a person; no tape holds it."""

    command: Command


Step = SignalStep | ReportStep | CommandStep


def play(desk: Desk, steps: Sequence[Step]) -> None:
    """Plays a tape from its beginning; a person's command is sent only if the log does not hold it yet."""
    desk.opened()
    for number, step in enumerate(steps):
        match step:
            case SignalStep(signals):
                desk.see(*signals)
            case ReportStep(reports):
                desk.tell(*reports(sent(desk)))
            case CommandStep(command):
                upcoming = desk.at + timedelta(seconds=1)
                if desk.recall(upcoming):
                    desk.at = upcoming
                else:
                    desk.ask(command, cause=f"command:{number}")


def sent(desk: Desk) -> list[str]:
    return [str(order) for kind, about in desk.exchange.sent if kind == "submit" for order in about]


def fill_last(quantity: str, price: str, name: str) -> ReportStep:
    def reports(orders: Sequence[str]) -> Sequence[AnyReport]:
        entries = [order for order in orders if order.endswith(("-e1", "-x1"))]
        return [a_fill_of(order, f"{name}-{order}", D(quantity), D(price)) for order in entries[-1:]]

    return ReportStep(reports)


def of_every_order(make: Callable[[str, str], AnyReport], name: str) -> ReportStep:
    def reports(orders: Sequence[str]) -> Sequence[AnyReport]:
        return [make(order, f"exchange:test:{name}-{order}") for order in orders]

    return ReportStep(reports)


def arrived(order: str, fact: str) -> Submitted:
    return Submitted(order_id=order, at=PLACED.fresh_until, fact=fact, venue_order_id="v1")


def gone(order: str, fact: str) -> Cancelled:
    return Cancelled(order_id=order, at=PLACED.fresh_until, fact=fact, reason="v1")


def kept(order: str, fact: str) -> CancelRefused:
    return CancelRefused(order_id=order, at=PLACED.fresh_until, fact=fact, reason="v1")


def just(*reports: AnyReport) -> ReportStep:
    return ReportStep(lambda _orders: reports)


MANUAL = PlaceOrder(f"{chain_id(LOG_ID, ACCOUNT, 'a person')}-e1", PLACED, RULES)
CANCEL_MANUAL = CommandStep(CancelOrder(MANUAL.order_id, "enough"))
NOTHING_FOLLOWS = just()

step_strategies: st.SearchStrategy[Step] = st.sampled_from(
    [
        SignalStep((long(),)),
        SignalStep((long(), long(instrument=ETH))),
        SignalStep((SHORT,)),
        SignalStep((LEAVE,)),
        SignalStep((long(confidence=0.1),)),
        fill_last("1", "100.05", "a"),
        fill_last("2.5", "99.9", "b"),
        of_every_order(arrived, "sent"),
        of_every_order(gone, "gone"),
        of_every_order(kept, "kept"),
        just(funding("f1", D("-0.25")), funding("f2", D("0.125"))),
        just(liquidation("l1", Side.SELL, D("0.5"), D(81))),
        just(
            Submitted(
                order_id="nobody-e1", at=PLACED.fresh_until, fact="exchange:test:stray", venue_order_id="v9"
            )
        ),
        NOTHING_FOLLOWS,
        CommandStep(MANUAL),
        CANCEL_MANUAL,
        CommandStep(TripKillSwitch("lunch")),
        CommandStep(TurnDay("2025-04-04")),
    ]
)


def cut(desk: Desk, units: int) -> ListLog:
    head = desk.log.units[units - 1] if units else 0
    return ListLog(desk.log.envelopes[:head])


@given(st.lists(step_strategies, max_size=12), st.data())
@settings(deadline=None, max_examples=150)
def test_a_log_cut_after_any_unit_is_resumed_to_the_same_log(steps: list[Step], data: st.DataObject) -> None:
    whole = Desk()
    play(whole, playable(steps))
    units = data.draw(st.integers(0, len(whole.log.units)))
    again = Desk(cut(whole, units), recalling=True)
    play(again, playable(steps))
    assert again.log.envelopes == whole.log.envelopes
    assert snapshot(again.world) == snapshot(whole.world) == folded(whole.log)
    assert [(letter.about, letter.at) for letter in again.exchange.letters] == [
        (letter.about, letter.at) for letter in whole.exchange.letters
    ]


def playable(steps: Sequence[Step]) -> list[Step]:
    """The steps without a cancel before its order, whose refusal would end the tape."""
    first = steps.index(CommandStep(MANUAL)) if CommandStep(MANUAL) in steps else len(steps)
    return [step for number, step in enumerate(steps) if step != CANCEL_MANUAL or number > first]


A_DAY: list[Step] = [
    SignalStep((long(),)),
    CommandStep(MANUAL),
    fill_last("1", "99.95", "a"),
    NOTHING_FOLLOWS,
    CommandStep(TripKillSwitch("lunch")),
    SignalStep((LEAVE,)),
    fill_last("1", "101", "b"),
]


@pytest.mark.parametrize("units", range(8))
def test_a_day_cut_after_each_of_its_units_is_resumed_to_the_same_log(units: int) -> None:
    whole = Desk()
    play(whole, A_DAY)
    assert len(whole.log.units) == 7
    again = Desk(cut(whole, units), recalling=True)
    play(again, A_DAY)
    assert again.log.envelopes == whole.log.envelopes
    assert again.exchange.sent == whole.exchange.sent


def test_recalled_events_are_not_appended_again() -> None:
    whole = Desk()
    play(whole, A_DAY)
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    play(again, A_DAY)
    assert again.log.units == []


def test_recorded_decisions_are_kept_even_if_they_would_differ_today() -> None:
    """Recorded decisions are folded and not judged again, also after a change of the rules."""
    whole = Desk()
    play(whole, [SignalStep((long(),))])
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    play(again, [SignalStep((long(confidence=0.01),))])
    assert again.log.envelopes == whole.log.envelopes
    assert again.exchange.sent == whole.exchange.sent


def test_a_tape_that_does_not_lead_to_the_logs_events_is_refused() -> None:
    whole = Desk()
    play(whole, [SignalStep((long(),)), fill_last("1", "100", "a")])
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    with pytest.raises(
        TapeMismatch, match=r"the log holds SignalDetected at ordinal \d+, caused by candle:BTC"
    ):
        play(
            again,
            [NOTHING_FOLLOWS, SignalStep((long(instrument=ETH),)), NOTHING_FOLLOWS, SignalStep((SHORT,))],
        )
    assert again.log.units == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (fill_last("1", "100", "a"), fill_last("1", "99", "a")),
        (fill_last("1", "100", "a"), fill_last("0.5", "100", "a")),
        (just(liquidation("l1", Side.SELL, D(1), D(81))), just(liquidation("l1", Side.SELL, D(1), D(80)))),
        (just(funding("f1", D("0.25"))), just(funding("f1", D("0.5")))),
    ],
)
def test_a_tape_with_other_executions_or_funding_is_refused(then: Step, now: Step) -> None:
    """The name of an execution depends on its order only, so an execution with another price has the same name."""
    entered: list[Step] = [SignalStep((long(),)), fill_last("1", "101", "entry")]
    whole = Desk()
    play(whole, [*entered, then])
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    with pytest.raises(TapeMismatch, match=r"the log holds .* where this tape leads to .*; play the tape"):
        play(again, [*entered, now])
    assert again.log.units == []


def test_a_log_of_manual_commands_alone_is_resumed_without_a_tape() -> None:
    whole = Desk().opened()
    whole.ask(MANUAL, cause="command:1")
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    assert again.recall(whole.at) == whole.log.envelopes
    assert again.recall(whole.at) == []
    assert again.exchange.sent == whole.exchange.sent
    assert [letter.at for letter in again.exchange.letters] == [
        letter.at for letter in whole.exchange.letters
    ]


def test_a_later_command_is_not_recalled_before_its_time() -> None:
    whole = Desk().opened()
    whole.ask(MANUAL, cause="command:1")
    again = Desk(ListLog(whole.log.envelopes), recalling=True).opened()
    assert again.recall(again.at) == []
    assert len(again.recall(whole.at)) == 1


def test_a_fact_repeated_later_is_a_unit_of_its_own() -> None:
    """The same fact led to events twice; the second events are not taken at the first time."""
    desk = Desk().opened()
    for day in ("2025-04-04", "2025-04-05"):
        desk.ask(TurnDay(day), cause="clock:tick")
    recall = Recall(desk.log.read(after=desk.log.units[0]))
    facts = [envelope.meta for envelope in desk.log.envelopes if is_outside_fact(envelope.meta.causation_id)]
    first, second = facts[-4].recorded_at, facts[-1].recorded_at
    for at in (first, second):
        ask = Ask(command=TurnDay("2025-04-04"), cause="clock:tick", occurred_at=at, actor="engine")
        assert len(recall.take(Stimulus(at, (ask,)))) == 2
    assert recall.is_over
