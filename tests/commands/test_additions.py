"""An addition to a position: its orders, the exact result of the whole position, and its stops and targets together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.exchange import Accepted, Amended, Cancelled, Expired
from commands.order import AmendOrder
from commands.request import CancelOrder, PlaceOrder
from commands.world import World
from domain.addition import loss_at
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderAmendRequested, OrderCancelRequested, OrderPlaced, OrderStatus
from domain.portfolio import OpenPosition
from domain.position import PositionClosed, PositionIncreased, PositionReduced
from domain.settings import AlphaSettings, IntentSettings, RiskSettings, Settings
from domain.signal import DecisionMade, Verdict
from domain.sizing.settings import SizingRule, SizingSettings
from domain.streams import order_stream, own_id
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names, snapshot
from tests.commands.requests.asking import Asking, terms
from tests.domain.history import ACCOUNT, BTC, NOW, D
from tests.replacing import replace

ADDING = Settings(
    alpha=AlphaSettings(minimum_reward_to_risk=D(0)),
    intents=IntentSettings(additions=1, addition_spacing=D(0)),
)
FIRST = long(confidence=0.9)
MORE = long(confidence=0.9, price=D(102), stop=D(100), target=D(112))


class Held:
    """A desk that holds all of an entry at 100, with the stop 98 and the target 106, which the exchange has."""

    def __init__(self, settings: Settings = ADDING) -> None:
        self.desk = Desk().opened(settings)
        self.first = chain_of(self.desk.see(FIRST))
        self.quantity = self.terms(f"{self.first}-e1").quantity
        self.desk.tell(a_fill_of(f"{self.first}-e1", "in", self.quantity, D(100)))

    def adds(self) -> str:
        """The chain of the addition, which is placed."""
        recorded = self.desk.see(MORE)
        (decision,) = (one.event for one in recorded if isinstance(one.event, DecisionMade))
        assert (decision.verdict, decision.reasons[0]) == (Verdict.ENTER, "ADDITION")
        return chain_of(recorded)

    def added(self) -> str:
        """The chain of the addition, which filled at 102."""
        chain = self.adds()
        self.desk.tell(a_fill_of(f"{chain}-e1", "more", self.terms(f"{chain}-e1").quantity, D(102)))
        return chain

    def terms(self, order_id: str) -> OrderPlaced:
        placed: OrderPlaced = self.desk.world.state(order_stream(ACCOUNT, order_id)).terms
        return placed

    @property
    def position(self) -> OpenPosition:
        return self.desk.world.portfolio.positions[BTC]


def test_an_addition_brings_its_own_stop_and_target_at_the_prices_of_the_position() -> None:
    held = Held()
    chain = held.added()
    quantity = held.terms(f"{chain}-e1").quantity
    stop, target = held.terms(f"{chain}-s1"), held.terms(f"{chain}-t1")
    assert (stop.trigger_price, stop.quantity, stop.parent) == (D(98), quantity, f"{chain}-e1")
    assert (target.limit_price, target.quantity, target.parent) == (D(106), quantity, f"{chain}-e1")
    assert (held.position.state.stop, held.position.state.target) == (D(98), D(106))
    assert held.position.added == (f"{chain}-e1",)
    covered = sum(
        one.terms.quantity
        for one in held.desk.world.portfolio.exits.values()
        if one.terms.purpose is Purpose.STOP
    )
    assert covered == held.position.state.quantity == held.quantity + quantity


def test_the_average_price_and_the_result_of_the_whole_position_are_exact() -> None:
    """By hand: 20 at 100 and 10 at 102 cost 3020, 100.666… each; a third is 1006.666666666667. So the stops at 98
    realise 980 - 1006.666666666667 and 1960 - 2013.333333333333: -80, and -80.20 after four fees of 0.05.
    """
    fixed = SizingSettings(rule=SizingRule.FIXED, quantity=D(20))
    intents = replace(ADDING.intents, addition_size=D("0.5"))
    held = Held(replace(ADDING, sizing=fixed, intents=intents))
    chain = held.added()
    assert (held.position.state.quantity, held.position.state.cost) == (D(30), D(3020))
    assert round(held.position.state.average_price, 6) == D("100.666667")
    held.desk.tell(a_fill_of(f"{chain}-s1", "out1", D(10), D(98)))
    held.desk.tell(a_fill_of(f"{held.first}-s1", "out2", D(20), D(98)))
    events = [one.event for one in held.desk.log.envelopes]
    (more,) = (one for one in events if isinstance(one, PositionIncreased))
    (part,) = (one for one in events if isinstance(one, PositionReduced))
    (closed,) = (one for one in events if isinstance(one, PositionClosed))
    assert (more.quantity, more.cost) == (D(10), D(1020))
    assert (part.released, part.realised) == (D("1006.666666666667"), D("-26.666666666667"))
    assert (closed.released, closed.realised) == (D("2013.333333333333"), D("-53.333333333333"))
    assert (closed.gross, closed.fees, closed.net) == (D(-80), D("0.20"), D("-80.20"))
    assert closed.balance == held.desk.world.portfolio.account.balance == D("9919.80")
    assert held.desk.world.portfolio.positions == {}


def test_the_loss_at_the_stop_is_within_the_risk_per_trade_with_all_fees() -> None:
    """The limit is 2 % of the balance after the first fee, 9,999.95. One lot more would exceed it."""
    held = Held()
    chain = held.adds()
    (voted,) = (
        vote
        for one in held.desk.log.envelopes
        if isinstance(one.event, DecisionMade) and one.meta.correlation_id == chain
        for vote in one.event.votes
        if vote.member == "risk_per_trade"
    )
    limit, of_unit = D("0.02") * D("9999.95"), D(4) + D("0.00055") * D(200)
    assert D(voted.figures["risk"]) <= limit < D(voted.figures["risk"]) + D("0.001") * of_unit
    held.desk.tell(a_fill_of(f"{chain}-e1", "more", held.terms(f"{chain}-e1").quantity, D(102)))
    assert loss_at(held.position.state, D(98), D("0.00055")) <= limit


def test_a_position_that_was_added_to_as_often_as_allowed_is_not_added_to_again() -> None:
    held = Held()
    held.added()
    recorded = held.desk.see(long(confidence=0.9, price=D(104), stop=D(100), target=D(112)))
    (decision,) = (one.event for one in recorded if isinstance(one.event, DecisionMade))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("MAX_ADDITIONS",))


def test_a_second_addition_waits_for_the_first_one() -> None:
    held = Held()
    held.adds()
    recorded = held.desk.see(long(confidence=0.9, price=D(104), stop=D(100), target=D(112)))
    (decision,) = (one.event for one in recorded if isinstance(one.event, DecisionMade))
    assert "ADDITION_UNDER_WAY" in decision.reasons


def test_a_refused_addition_leaves_the_position_as_it_was() -> None:
    held = Held()
    before = held.position
    chain = held.adds()
    held.desk.tell(
        *(
            Expired(order_id=f"{chain}-{leg}1", at=NOW, fact=f"exchange:test:{leg}", reason="no")
            for leg in ("e", "s", "t")
        )
    )
    assert held.position == before
    portfolio = held.desk.world.portfolio
    assert set(portfolio.exits) == {f"{held.first}-s1", f"{held.first}-t1"}
    assert not portfolio.account.reserved


def test_an_addition_that_has_not_filled_is_withdrawn_with_its_position() -> None:
    held = Held()
    chain = held.adds()
    recorded = held.desk.tell(a_fill_of(f"{held.first}-t1", "out", held.quantity, D(106)))
    withdrawn = [one for one in recorded if isinstance(one.event, OrderCancelRequested)]
    assert [one.meta.stream for one in withdrawn] == [order_stream(ACCOUNT, f"{chain}-e1")]


def test_an_addition_that_fills_after_its_position_has_a_stop_of_its_own() -> None:
    held = Held()
    chain = held.adds()
    held.desk.tell(a_fill_of(f"{held.first}-t1", "out", held.quantity, D(106)))
    held.desk.tell(a_fill_of(f"{chain}-e1", "late", D(5), D(105)))
    assert (held.position.state.quantity, held.position.state.stop) == (D(5), D(98))
    stop = held.desk.world.portfolio.exits[f"{chain}-s1"]
    assert stop.terms.trigger_price == D(98)


def test_the_stop_of_an_addition_that_found_no_market_closes_the_rest() -> None:
    """A stop that was triggered and ended without a fill: the price at which the plan was wrong has traded."""
    held = Held()
    chain = held.added()
    held.desk.tell(a_fill_of(f"{held.first}-s1", "out", held.quantity, D(98)))
    stop = f"{chain}-s1"
    held.desk.tell(a_fill_of(stop, "part", D(5), D(98)))
    recorded = held.desk.tell(
        Cancelled(order_id=stop, at=NOW, fact="exchange:test:ended", reason="no market")
    )
    assert "PositionClosing" in names(recorded)


def test_a_cancelled_target_cancels_that_of_the_addition_as_well() -> None:
    eve = Asking(ADDING)
    first = chain_of(eve.desk.see(FIRST))
    eve.desk.tell(a_fill_of(f"{first}-e1", "in", D(50), D(100)))
    second = chain_of(eve.desk.see(MORE))
    eve.desk.tell(a_fill_of(f"{second}-e1", "more", D(10), D(102)))
    assert eve.accepted(CancelOrder(f"{second}-t1", "it may run")) == ["OrderCancelRequested"] * 2 + [
        "ProtectionMoved"
    ]
    assert eve.desk.world.portfolio.positions[BTC].state.target is None


def test_a_persons_increase_of_a_position_that_was_added_to_grows_one_stop_and_one_target() -> None:
    eve = Asking(replace(ADDING, risk=RiskSettings(max_risk_per_trade=D("0.05"))))
    first = chain_of(eve.desk.see(FIRST))
    eve.desk.tell(a_fill_of(f"{first}-e1", "in", D(50), D(100)))
    second = chain_of(eve.desk.see(replace(MORE, price=D(101))))
    whole = eve.desk.world.state(order_stream(ACCOUNT, f"{second}-e1")).terms.quantity
    eve.desk.tell(a_fill_of(f"{second}-e1", "more", whole, D(101)))
    followed = eve.accepted(PlaceOrder(terms(stop=None, target=None, quantity=D(1))))
    assert followed == ["FundsReserved", "OrderPlaced", "OrderAmendRequested", "OrderAmendRequested"]


def test_an_addition_that_fills_after_the_stop_was_tightened_does_not_loosen_it() -> None:
    """The stop moves to 99 and the target to 107 between the addition and its fill."""
    held = Held()
    desk = held.desk
    chain = held.adds()
    for leg, limit, trigger in (("s", None, D(99)), ("t", D(107), None)):
        order_id = f"{held.first}-{leg}1"
        desk.tell(
            Amended(
                order_id=order_id,
                at=NOW,
                fact=f"exchange:test:{order_id}",
                quantity=held.quantity,
                limit_price=limit,
                trigger_price=trigger,
            )
        )
    assert (held.position.state.stop, held.position.state.target) == (D(99), D(107))
    desk.tell(
        *(
            Accepted(order_id=f"{chain}-{leg}1", at=NOW, fact=f"exchange:test:{leg}", venue_order_id=leg)
            for leg in "st"
        )
    )
    recorded = desk.tell(a_fill_of(f"{chain}-e1", "more", held.terms(f"{chain}-e1").quantity, D(102)))
    requested = {
        one.meta.stream: (one.event.trigger_price, one.event.limit_price)
        for one in recorded
        if isinstance(one.event, OrderAmendRequested)
    }
    assert requested == {
        order_stream(ACCOUNT, f"{chain}-s1"): (D(99), None),
        order_stream(ACCOUNT, f"{chain}-t1"): (None, D(107)),
    }
    assert (held.position.state.stop, held.position.state.target) == (D(99), D(107))


def amended(held: Held, order_id: str, stop: Decimal | None, target: Decimal | None = None) -> list[Envelope]:
    """The exchange has amended the order to this price, as was requested."""
    if held.desk.world.portfolio.exits[order_id].status is not OrderStatus.AMEND_REQUESTED:
        amendment = AmendOrder(
            order_id=order_id,
            quantity=None,
            limit_price=target,
            trigger_price=stop,
            rules=held.desk.world.portfolio.instruments[BTC],
        )
        held.desk.ask(amendment, cause=f"command:amend-{order_id}-{stop}-{target}")
    report = Amended(
        order_id=order_id,
        at=NOW,
        fact=f"exchange:test:amended-{order_id}-{stop}-{target}",
        quantity=held.terms(order_id).quantity,
        limit_price=target,
        trigger_price=stop,
    )
    return held.desk.tell(report)


def requested(recorded: Sequence[Envelope]) -> dict[str, Decimal | None]:
    """The price that each stop and target is requested to be moved to, by order id."""
    return {
        own_id(one.meta.stream): one.event.trigger_price or one.event.limit_price
        for one in recorded
        if isinstance(one.event, OrderAmendRequested)
    }


def test_a_stop_that_is_tightened_after_an_addition_filled_takes_the_addition_s_along() -> None:
    """The amendment was requested before the addition, whose own stop rests at 98."""
    held = Held()
    chain = held.added()
    assert requested(amended(held, f"{held.first}-s1", D("100.9"))) == {f"{chain}-s1": D("100.9")}
    assert held.position.state.stop == D("100.9")
    assert requested(amended(held, f"{chain}-s1", D("100.9"))) == {}
    assert held.position.state.stop == D("100.9")


def test_a_stop_that_is_loosened_and_a_target_that_a_person_moves_take_none_along() -> None:
    held = Held()
    held.added()
    assert requested(amended(held, f"{held.first}-s1", D(97))) == {}
    assert held.position.state.stop == D(97), "the risk is that of the loosest"
    assert requested(amended(held, f"{held.first}-t1", None, D(110))) == {}


def test_a_moved_stop_of_an_addition_that_has_not_filled_moves_nothing_of_the_position() -> None:
    held = Held()
    chain = held.adds()
    assert requested(amended(held, f"{chain}-s1", D(99))) == {}
    assert held.position.state.stop == D(98)


def test_the_world_is_folded_from_the_log_as_it_was() -> None:
    held = Held()
    held.added()
    assert snapshot(World().fold_all(held.desk.log.envelopes)) == snapshot(held.desk.world)
