"""A demo run whose position is managed by the live book: early exits, target, stop and a person's close at any moment.

Requests travel for one and a half seconds and the book moves every second, so that they cross each other and the fills.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.simulated.matched import MatchedRules
from commands.request import ClosePosition, MoveProtection
from commands.watching import Instance
from commands.world import World
from domain.arithmetic import total
from domain.candle import Candle
from domain.direction import Direction, towards
from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management.settings import ManagementSettings
from domain.market import Quote
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionClosing, PositionOpened
from domain.settings import IntentSettings, OnOpposite
from infra.run.live_plan import LivePlan
from infra.run.paper_live import Demo
from infra.run.redeciding import Redecision
from tests.commands.list_log import ListLog
from tests.commands.test_managing_further import FALL, RISE, candles
from tests.infra.run.demo_desk import DEMO, START, DemoDesk
from tests.infra.run.live_desk import BTC, FIVE, PLAN, D
from tests.infra.run.proposing import Proposing, Way
from tests.replacing import replace

RULES = ManagementSettings(
    trailing_levels=("0.01:0.005", "0.03:0.002"),
    break_even_at=D("0.005"),
    largest_loss=D("0.008"),
    time_limit_seconds=20,
)
MANAGED = replace(PLAN, settings=replace(PLAN.settings, management=RULES))
IN_PARTS = replace(
    PLAN,
    settings=replace(
        PLAN.settings,
        management=ManagementSettings(
            early_profit=D("0.04"),
            early_loss=D("0.01"),
            partial_closes=("0.01:0.5", "0.02:0.25"),
            target_activation=D("0.005"),
            target_step=D("0.03"),
            time_limit_seconds=20,
        ),
    ),
)
LEVELS = {
    D("100.4"): Way(Direction.SHORT, D(103), D(94)),
    D(101): Way(Direction.LONG, D(99), D(107)),
    D(102): Way(Direction.LONG, D(99), D(108)),
    D("103.7"): Way(Direction.SHORT, D(107), D(97)),
}
"""The closes at which the strategy of the races with signals enters: direction, stop and target."""


class EntersBothWays(Proposing):
    """Proposes an entry at each close of `LEVELS`: an addition or a reversal where it holds a position."""

    def way(self, candle: Candle) -> Way | None:
        return LEVELS.get(candle.close)


_LIMIT = timedelta(seconds=900)
WITH_SIGNALS: LivePlan = replace(
    PLAN,
    settings=replace(
        PLAN.settings,
        on_opposite=OnOpposite.REVERSE,
        intents=IntentSettings(additions=2, reinforce_confidence=0.0, addition_spacing=D("0.001")),
        management=ManagementSettings(
            trailing_levels=("0.02:0.01",),
            partial_closes=("0.01:0.5", "0.02:0.25"),
            early_loss=D("0.03"),
            reversal_signs=1,
            reversal_change=D(0),
            reversal_distance=D("0.004"),
            time_limit_seconds=int(_LIMIT.total_seconds()),
        ),
    ),
    instances=(Instance(id="trend", strategy=EntersBothWays()),),
)
CLOSED_BY_SIGNS = replace(
    WITH_SIGNALS,
    settings=replace(
        WITH_SIGNALS.settings, management=replace(WITH_SIGNALS.settings.management, reversal_closes=True)
    ),
)
SLOW = Demo(DEMO.stake, DEMO.listed, MatchedRules(latency=timedelta(milliseconds=1_500)))
_SECONDS = 30
"""More than the time limit, and then some seconds for the last orders."""

_SHOWS = {"shows", "shows a thin book", "closes a candle"}

Step = tuple[str, str]


def prices(least: int, most: int) -> st.SearchStrategy[str]:
    """Prices in tenths."""
    return st.integers(least, most).map(lambda tenths: str(D(tenths) / 10))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("shows"), prices(980, 1_080)),
        st.tuples(st.just("shows a thin book"), prices(980, 1_080)),
        st.tuples(st.just("closes"), st.just("")),
        st.tuples(st.just("moves the stop"), prices(985, 1_020)),
        st.tuples(st.just("restarts"), st.just("")),
    ),
    max_size=12,
)

WITH_CANDLES = st.lists(
    st.one_of(
        st.tuples(st.just("closes a candle"), st.sampled_from([str(one) for one in LEVELS])),
        st.tuples(st.just("shows"), prices(985, 1_060)),
        st.tuples(st.just("shows a thin book"), prices(985, 1_060)),
        st.tuples(st.just("closes"), st.just("")),
        st.tuples(st.just("moves the stop"), prices(985, 1_020)),
        st.tuples(st.just("restarts"), st.just("")),
    ),
    max_size=12,
)


def shows(desk: DemoDesk, bid: str, size: str = "50") -> None:
    """Book and quote have this bid, and an ask a tenth above it; a second passes."""
    ask = D(bid) + D("0.1")
    desk.feed.waiting.append(
        Quote(instrument=BTC, at=desk.now, bid=D(bid), bid_size=D(size), ask=ask, ask_size=D(size))
    )
    desk.shows(bid, str(ask), size=size)


def stepped(desk: DemoDesk, step: Step, plan: LivePlan) -> DemoDesk:
    """The desk after the step; a person's request that comes too late is declined."""
    kind, price = step
    held = desk.run.world.portfolio.positions.get(BTC)
    match kind:
        case "shows":
            shows(desk, price)
        case "shows a thin book":
            shows(desk, price, size="0.2")
        case "closes a candle":
            desk.passes(FIVE.total_seconds())
            shows(desk, price)
            desk.closes_at(price)
        case "closes" if held is not None:
            desk.asks(ClosePosition(held.id, "enough"))
        case "moves the stop" if held is not None:
            desk.asks(MoveProtection(held.id, stop=D(price)))
        case "restarts":
            desk.run.close()
            return begun(plan, desk.log, desk.now + timedelta(seconds=1))
        case _:
            desk.passes(1)
    return desk


def begun(plan: LivePlan, log: ListLog | None = None, at: datetime = START) -> DemoDesk:
    """A run that has begun, warmed by an hour of rising candles a step, from which signs can turn."""
    desk = DemoDesk(log, at, demo=SLOW, plan=plan)
    desk.feed.past = candles(RISE, at - (len(RISE) + 1) * FIVE)
    return desk.started()


def played(steps: Sequence[Step], plan: LivePlan = MANAGED) -> DemoDesk:
    """The desk after a long from 101.1 was taken through these steps, and then through quiet seconds.

    The book is shown after each step: the exchange of a demo carries requests out as the market moves.
    """
    desk = begun(plan)
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    desk.passes(1)
    price = "101"
    for step in steps:
        desk = stepped(desk, step, plan)
        price = step[1] if step[0] in _SHOWS else price
        shows(desk, price)
    if plan.settings.intents.additions:
        desk.passes(_LIMIT.total_seconds())
    for _second in range(_SECONDS):
        shows(desk, "101")
    return desk


@settings(max_examples=25)
@given(STEPS)
@example([("shows", "103"), ("shows", "104.5"), ("shows", "102.5"), ("closes", "")])
@example([("shows", "100"), ("closes", ""), ("shows", "98.5")])
@example([("closes", ""), ("shows a thin book", "100.1"), ("shows", "107.5")])
def test_whatever_closes_first_the_position_ends_flat_with_one_close(steps: Sequence[Step]) -> None:
    is_flat_after_one_close(played(steps))


@settings(max_examples=25)
@given(STEPS)
@example([("shows", "102.2"), ("shows a thin book", "103.3"), ("closes", ""), ("shows", "98")])
@example([("shows", "102.2"), ("restarts", ""), ("shows", "103.3"), ("shows", "105.9"), ("shows", "102")])
def test_whatever_is_closed_in_parts_or_early_the_position_ends_flat_with_one_close(
    steps: Sequence[Step],
) -> None:
    is_flat_after_one_close(played(steps, IN_PARTS))


@pytest.mark.parametrize("plan", [WITH_SIGNALS, CLOSED_BY_SIGNS], ids=["stop moved", "closed by signs"])
@settings(max_examples=12)
@given(steps=WITH_CANDLES)
@example(steps=[("closes a candle", "102"), ("shows", "103.6"), ("closes a candle", "103.7"), ("closes", "")])
@example(steps=[("closes a candle", "103.7"), ("shows", "102"), ("closes a candle", "101"), ("restarts", "")])
@example(steps=[("shows", "102.3"), ("closes a candle", "102"), ("closes a candle", "100.4"), ("closes", "")])
def test_additions_reversals_partial_closes_and_signs_end_flat_with_one_close_of_each_position(
    plan: LivePlan, steps: Sequence[Step]
) -> None:
    is_flat_after_one_close_each(played(steps, plan))


def is_flat_after_one_close(desk: DemoDesk) -> None:
    """Asserts it of the desk's only position; see `is_flat_after_one_close_each`."""
    assert desk.names().count("PositionOpened") == 1
    is_flat_after_one_close_each(desk)


def is_flat_after_one_close_each(desk: DemoDesk) -> None:
    """Asserts it of the desk, and that states and decisions that are made again from its log are the same."""
    portfolio = desk.run.world.portfolio
    assert (portfolio.positions, portfolio.entries, portfolio.exits) == ({}, {}, {})
    opened = Counter(_streams(desk, PositionOpened))
    assert opened
    assert set(opened.values()) == {1}
    assert Counter(_streams(desk, PositionClosed)) == opened
    assert all(number == 1 for number in Counter(_streams(desk, PositionClosing)).values())
    assert bought_and_sold(desk) == {"LONG": D(0)}
    assert "DiscrepancyFound" not in desk.names()
    assert World().fold_all(desk.log.envelopes).portfolio == portfolio
    redecision = Redecision()
    assert list(redecision.steps(desk.log.read()))
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)


def _streams(desk: DemoDesk, kind: type) -> list[str]:
    """The stream of each event of this kind."""
    return [one.meta.stream for one in desk.log.envelopes if isinstance(one.event, kind)]


def bought_and_sold(desk: DemoDesk) -> dict[str, object]:
    """What the fills leave of the long, in base currency."""
    orders = {one.meta.stream: one.event for one in desk.log.envelopes if isinstance(one.event, OrderPlaced)}
    fills = [
        (towards(orders[one.meta.stream].side), one.event.quantity)
        for one in desk.log.envelopes
        if isinstance(one.event, OrderFilled)
    ]
    signed = [quantity if direction.value == "LONG" else -quantity for direction, quantity in fills]
    return {"LONG": total(signed)}


def test_the_examples_reach_every_way_out() -> None:
    """The moved stop, the largest loss, the target and the time limit."""
    found = Counter[str]()
    for steps in (
        [("shows", "103"), ("passes", ""), ("passes", ""), ("shows", "101.5")],
        [("shows", "100")],
        [("shows", "107.5")],
        [],
    ):
        events = [one.event for one in played(steps).log.envelopes]
        managed = [one for one in events if isinstance(one, PositionManaged)]
        closing = [one.rule for one in managed if one.action is ManagedBy.CLOSE]
        (closed,) = [one for one in events if isinstance(one, PositionClosed)]
        found[closing[0] if closing else closed.reason] += 1
    assert found == {"STOP": 1, Rule.LARGEST_LOSS: 1, "TARGET": 1, Rule.TIME_LIMIT: 1}


def test_the_examples_with_signals_reach_additions_reversals_partial_closes_and_signs() -> None:
    found = Counter[str]()
    for steps, plan in (
        ([("closes a candle", "102"), ("shows", "103.6"), ("closes a candle", "103.7")], WITH_SIGNALS),
        ([("closes a candle", price) for price in FALL[1:3]], WITH_SIGNALS),
        ([("closes a candle", price) for price in FALL[1:3]], CLOSED_BY_SIGNS),
    ):
        events = [one.event for one in played(steps, plan).log.envelopes]
        found.update(f"{one.rule} {one.action}" for one in events if isinstance(one, PositionManaged))
        found.update(type(one).__name__ for one in events)
    assert found["PositionIncreased"]
    assert found["ReversalDecided"]
    assert found["PARTIAL_CLOSE REDUCE"]
    assert found["REVERSAL MOVE_STOP"]
    assert found["REVERSAL CLOSE"]
