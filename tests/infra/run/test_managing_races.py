"""A demo run whose position is managed by the live book: early exits, target, stop and a person's close at any moment.

Requests travel for one and a half seconds and the book moves every second, so that they cross each other and the fills.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.simulated.matched import MatchedRules
from commands.request import ClosePosition, MoveProtection
from commands.world import World
from domain.arithmetic import total
from domain.direction import towards
from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management.settings import ManagementSettings
from domain.market import Quote
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionClosing, PositionOpened
from infra.run.live_plan import LivePlan
from infra.run.paper_live import Demo
from infra.run.redeciding import Redecision
from tests.infra.run.demo_desk import DEMO, DemoDesk
from tests.infra.run.live_desk import BTC, PLAN, D
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
SLOW = Demo(DEMO.stake, DEMO.listed, MatchedRules(latency=timedelta(milliseconds=1_500)))
_SECONDS = 30
"""More than the time limit, and then some seconds for the last orders."""

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
        case "closes" if held is not None:
            desk.asks(ClosePosition(held.id, "enough"))
        case "moves the stop" if held is not None:
            desk.asks(MoveProtection(held.id, stop=D(price)))
        case "restarts":
            desk.run.close()
            return DemoDesk(desk.log, desk.now + timedelta(seconds=1), demo=SLOW, plan=plan).started()
        case _:
            desk.passes(1)
    return desk


def played(steps: Sequence[Step], plan: LivePlan = MANAGED) -> DemoDesk:
    """The desk after a long from 101.1 was taken through these steps, and then through quiet seconds.

    The book is shown after each step: the exchange of a demo carries requests out as the market moves.
    """
    desk = DemoDesk(demo=SLOW, plan=plan).started()
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    desk.passes(1)
    price = "101"
    for step in steps:
        desk = stepped(desk, step, plan)
        price = step[1] if step[0].startswith("shows") else price
        shows(desk, price)
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


def is_flat_after_one_close(desk: DemoDesk) -> None:
    """Asserts it of the desk, and that states and decisions that are made again from its log are the same."""
    events = [one.event for one in desk.log.envelopes]
    portfolio = desk.run.world.portfolio
    assert (portfolio.positions, portfolio.entries, portfolio.exits) == ({}, {}, {})
    opened = [one for one in events if isinstance(one, PositionOpened)]
    assert len(opened) == 1
    assert sum(isinstance(one, PositionClosed) for one in events) == 1
    assert sum(isinstance(one, PositionClosing) for one in events) <= 1
    assert bought_and_sold(desk) == {"LONG": D(0)}
    assert "DiscrepancyFound" not in desk.names()
    assert World().fold_all(desk.log.envelopes).portfolio == portfolio
    redecision = Redecision()
    assert list(redecision.steps(desk.log.read()))
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)


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
