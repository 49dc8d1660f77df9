"""What the manager of open positions sends, and when it leaves a position alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from commands import order as orders
from commands.account import TripKillSwitch
from commands.breaker import Unanswered
from commands.door import Completed
from commands.exchange import Amended, AmendRefused, Triggered
from commands.inputs import MarketMoved, RequestMade, Tick
from commands.reconciliation import BeginReconciliation, EndReconciliation, recorded
from commands.request import ClosePosition, ManualTerms, MoveProtection, PlaceOrder, Request, Requested
from commands.settings import ChangeSettings
from domain.breaker import Mode, Service
from domain.closing import CloseReason
from domain.direction import Side
from domain.log import Envelope
from domain.managed import PositionManaged
from domain.management.settings import ManagementSettings, OwnManagementSettings
from domain.market import KnownPrice, MarketEvent, Quote, Trade
from domain.order import OrderAmendRequested, OrderPlaced, OrderType
from domain.owner import PERSON
from domain.reconciliation.differences import PositionUnknownToThem
from domain.reconciliation.statement import StatedPosition
from domain.settings import Settings, StrategySettings
from domain.streams import parse
from tests.commands.desk import Desk, folded, names, snapshot
from tests.commands.test_gridding import LOW, Gridded
from tests.commands.test_reprotecting import Held
from tests.domain.history import ACCOUNT, BTC, D
from tests.replacing import replace

TRAILING = ManagementSettings(trailing_levels=("0.02:0.01",))
EXITS = ManagementSettings(largest_loss=D("0.01"), time_limit_seconds=600)


class Managed(Held):
    """The desk of `Held`, whose position is managed by these rules."""

    def __init__(self, rules: ManagementSettings = TRAILING, settings: Settings | None = None) -> None:
        self.desk = Desk().opened(settings or Settings(management=rules))
        self.opens()

    def sees(self, *events: MarketEvent, seconds: float = 1) -> list[Envelope]:
        self.desk.at += timedelta(seconds=seconds)
        at = self.desk.at
        return self.desk.handle(MarketMoved(at, tuple(replace(one, at=at) for one in events)))

    def trades(self, *prices: str, seconds: float = 1) -> list[Envelope]:
        """Trades at these prices, the last one is the newest."""
        return self.sees(*(a_trade(one) for one in prices), seconds=seconds)

    def amended(self, stop: str) -> list[str]:
        """The exchange has amended the stop."""
        return self._amended("s1", None, D(stop))

    def amended_target(self, target: str) -> list[str]:
        """The exchange has amended the target."""
        return self._amended("t1", D(target), None)

    def _amended(self, leg: str, limit: Decimal | None, trigger: Decimal | None) -> list[str]:
        report = Amended(
            order_id=f"{self.chain}-{leg}",
            at=self.desk.at,
            fact=f"exchange:test:amended-{trigger or limit}",
            quantity=self.terms(leg).quantity,
            limit_price=limit,
            trigger_price=trigger,
        )
        return names(self.desk.tell(report))

    def refuses(self, leg: str = "s") -> None:
        name = f"{self.chain}-{leg}1"
        fact = f"exchange:test:refused-{leg}-{self.desk.at.isoformat()}"
        self.desk.tell(AmendRefused(order_id=name, at=self.desk.at, fact=fact, reason="too many requests"))

    def asks(self, request: Request) -> None:
        """A person makes this request, which is carried out."""
        self.desk.at += timedelta(seconds=1)
        at = self.desk.at
        requested = Requested(
            id=f"k{len(self.desk.log.envelopes)}",
            account=ACCOUNT,
            actor="eve",
            valid_until=at + timedelta(minutes=1),
            request=request,
        )
        answer = self.desk.driver.handle(RequestMade(at, at, requested))
        assert isinstance(answer, Completed), answer

    @property
    def position(self) -> str:
        return self.desk.world.portfolio.positions[BTC].id

    @property
    def actions(self) -> list[PositionManaged]:
        return [one.event for one in self.desk.log.envelopes if isinstance(one.event, PositionManaged)]


def a_trade(price: str) -> Trade:
    return Trade(instrument=BTC, at=Desk().at, trade_id=price, side=Side.BUY, price=D(price), quantity=D(1))


def test_a_trade_moves_the_resting_stop_in_place_and_the_position_follows_once_it_is_amended() -> None:
    held = Managed()
    followed = held.trades("102")
    assert names(followed) == ["PositionManaged", "OrderAmendRequested"]
    assert followed[0].meta.causation_id == f"trade:{BTC}:102"
    assert {one.meta.correlation_id for one in followed} == {held.chain}
    assert held.desk.exchange.letters[-1].about == (f"{held.chain}-s1", None, None, D("100.9"))
    assert held.amended("100.9") == ["OrderAmended", "ProtectionMoved"]
    assert held.desk.world.portfolio.positions[BTC].state.stop == D("100.9")
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_trades_of_one_input_are_judged_once_by_the_newest() -> None:
    held = Managed()
    assert names(held.trades("101", "110", "103")) == ["PositionManaged", "OrderAmendRequested"]
    assert [one.price for one in held.actions] == [D(103)]


def test_a_trade_that_changes_nothing_leads_to_no_event() -> None:
    held = Managed()
    assert held.trades("101") == []
    held.trades("102")
    held.amended("100.9")
    assert held.trades("102", seconds=60) == []
    assert held.trades("101.5", seconds=60) == [], "the stop stays where it is"
    assert held.trades("102.02", seconds=60) == [], "the stop would move by less than a tick"


def test_an_hour_of_a_trade_a_second_moves_the_stop_once_for_each_least_move() -> None:
    """The price rises from 102 to 106: the stop has 40 ticks to rise, of which each least move is two."""
    held = Managed(replace(TRAILING, minimum_step=D("0.0015")))
    for second in range(3_600):
        for one in held.trades(str(D(102) + (D(second) / 900).quantize(D("0.01")))):
            if isinstance(one.event, OrderAmendRequested):
                held.desk.at -= timedelta(seconds=1)
                held.amended(str(one.event.trigger_price))
    moved = [one.stop for one in held.actions]
    assert moved == [D("100.9") + D("0.2") * number for number in range(21)]


def test_nothing_is_requested_while_an_amendment_is_unanswered_nor_twice_in_a_second() -> None:
    held = Managed()
    held.trades("102")
    assert held.trades("104", seconds=30) == []
    held.amended("100.9")
    held.desk.at -= timedelta(seconds=1)
    held.trades("105")
    assert [one.stop for one in held.actions] == [D("100.9"), D("103.9")]
    held.amended("103.9")
    held.desk.at = held.desk.log.envelopes[-1].meta.recorded_at
    moved = held.actions
    assert held.trades("106", seconds=-0.5) == [], "half a second after the last move"
    assert held.actions == moved


def test_a_refused_amendment_is_requested_again_ten_seconds_after_it() -> None:
    held = Managed()
    held.trades("102")
    held.refuses()
    for _second in range(7):
        assert held.trades("103") == []
    assert held.trades("103", seconds=2) != []
    assert len(held.actions) == 2


def test_the_wait_doubles_with_each_refusal_in_a_row_up_to_ten_minutes() -> None:
    """An hour of a trade each five seconds, whose every amendment is refused at once; then one is carried out."""
    held, began = Managed(), Managed().desk.at
    sent: list[float] = []
    for _second in range(720):
        if held.trades("103", seconds=5):
            sent.append((held.desk.at - began).total_seconds())
            held.refuses()
    waits = [later - earlier for earlier, later in pairwise(sent)]
    assert [round(one / 10) * 10 for one in waits] == [10, 20, 40, 80, 160, 320, 600, 600, 600, 600]
    held.trades("103", seconds=600)
    held.amended("101.9")
    held.trades("104")
    held.refuses()
    assert held.trades("104", seconds=5) == []
    assert held.trades("104", seconds=6) != [], "ten seconds after the first refusal"


def test_a_tick_moves_the_stop_by_a_recent_price_and_none_that_is_older_than_ten_seconds() -> None:
    held = Managed(replace(TRAILING, time_limit_seconds=600))
    held.moves(D(103))
    held.desk.at += timedelta(seconds=11)
    assert held.desk.handle(Tick(held.desk.at)) == []
    held.moves(D(103))
    held.desk.at += timedelta(seconds=1)
    assert names(held.desk.handle(Tick(held.desk.at))) == ["PositionManaged", "OrderAmendRequested"]
    held.desk.at += timedelta(seconds=600)
    held.desk.handle(Tick(held.desk.at))
    last = held.actions[-1]
    assert (last.close_reason, last.price, last.profit) == (CloseReason.TIME_LIMIT, None, None)


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        (Quote(instrument=BTC, at=Desk().at, bid=D(102), bid_size=D(1), ask=D(104), ask_size=D(1)), "quote:"),
        (KnownPrice(instrument=BTC, at=Desk().at, price=D(103)), "clock:"),
    ],
    ids=["a quote", "a known price"],
)
def test_a_quote_and_a_known_price_move_the_stop(event: MarketEvent, fact: str) -> None:
    held = Managed()
    followed = held.sees(event)
    assert names(followed) == ["PositionManaged", "OrderAmendRequested"]
    assert followed[0].meta.causation_id.startswith(fact)
    assert held.actions[0].price == D(103)


def test_a_loss_closes_the_position_once_at_the_market() -> None:
    held = Managed(EXITS)
    assert held.trades("99.1") == []
    followed = held.trades("99")
    assert names(followed) == ["PositionManaged", "PositionClosing", "OrderPlaced"]
    order = followed[-1].event
    assert isinstance(order, OrderPlaced)
    assert (order.type, order.side, order.quantity) == (OrderType.MARKET, Side.SELL, D(50))
    assert order.reduce_only
    assert held.closing == [CloseReason.LARGEST_LOSS]
    assert held.trades("98.5", seconds=30) == []


def test_the_stop_that_was_triggered_closes_the_position_alone() -> None:
    held = Managed(EXITS)
    held.desk.tell(
        Triggered(order_id=f"{held.chain}-s1", at=held.desk.at, fact="exchange:test:t", price=D(98))
    )
    assert held.trades("97") == []
    assert held.closing == []


def test_a_person_who_closes_the_position_leaves_nothing_to_the_manager() -> None:
    held = Managed(EXITS)
    held.asks(ClosePosition(held.position, "enough"))
    assert held.trades("97", seconds=700) == []
    assert held.closing == [CloseReason.PERSON]


def test_a_stop_that_a_person_has_moved_is_tightened_from_there() -> None:
    held = Managed()
    held.moves(D("101.5"))
    held.asks(MoveProtection(held.position, stop=D(101)))
    held.amended("101")
    assert held.trades("102", seconds=10) == [], "100.9 would be wider"
    assert names(held.trades("103", seconds=10)) == ["PositionManaged", "OrderAmendRequested"]
    assert held.actions[0].stop_before == D(101)


def test_a_move_that_a_person_undoes_is_made_again_ten_seconds_after_the_undoing() -> None:
    held = Managed()
    held.trades("102")
    held.amended("100.9")
    held.desk.at += timedelta(minutes=5)
    held.asks(MoveProtection(held.position, stop=D(99)))
    held.amended("99")
    for _second in range(9):
        assert held.trades("102") == []
    assert names(held.trades("102")) == ["PositionManaged", "OrderAmendRequested"]
    assert [one.stop for one in held.actions] == [D("100.9"), D("100.9")]
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_a_target_that_a_person_moves_delays_no_move_of_the_stop() -> None:
    held = Managed()
    held.trades("102")
    held.refuses()
    held.desk.at += timedelta(seconds=8)
    before = held.desk.world.portfolio.positions[BTC]
    held.asks(MoveProtection(held.position, target=D(107)))
    held.amended_target("107")
    after = held.desk.world.portfolio.positions[BTC]
    assert (after.state.target, after.stop_moved_at) == (D(107), before.stop_moved_at)
    assert names(held.trades("102", seconds=2)) == ["PositionManaged", "OrderAmendRequested"]


def reconciling(held: Managed) -> None:
    held.desk.ask(BeginReconciliation("the stream was lost"), cause="exchange:test:gap")


def gone(held: Managed) -> None:
    state = held.desk.world.portfolio.positions[BTC].state
    theirs = StatedPosition(instrument=BTC, direction=state.direction, quantity=D(50), entry_price=D(100))
    held.desk.ask(recorded(PositionUnknownToThem(subject=BTC, ours=theirs)), cause="exchange:test:comparison")


@pytest.mark.parametrize("left_alone", [reconciling, gone])
@pytest.mark.parametrize(("rules", "price"), [(TRAILING, "103"), (EXITS, "98")], ids=["a move", "an exit"])
def test_a_position_in_doubt_is_left_alone(
    left_alone: Callable[[Managed], None], rules: ManagementSettings, price: str
) -> None:
    held = Managed(rules)
    left_alone(held)
    assert held.trades(price) == []


def test_after_the_comparison_the_position_is_managed_again() -> None:
    held = Managed()
    reconciling(held)
    assert held.trades("103") == []
    held.desk.ask(EndReconciliation(0, 0), cause="exchange:test:compared")
    assert names(held.trades("103")) == ["PositionManaged", "OrderAmendRequested"]


def test_after_a_trip_that_holds_positions_their_stops_are_still_tightened() -> None:
    held = Managed()
    held.desk.ask(TripKillSwitch("by hand", (), ()), cause="command:kill")
    assert names(held.trades("103")) == ["PositionManaged", "OrderAmendRequested"]


class Manual(Managed):
    """A desk whose position a person has entered, without a stop."""

    def opens(self) -> None:
        self.moves(D(100))
        self.asks(PlaceOrder(MANUAL))
        (entry,) = (one.meta.stream for one in self.desk.log.envelopes if isinstance(one.event, OrderPlaced))
        self.chain = parse(entry).id.rpartition("-")[0]
        self.fills("e1", MANUAL.quantity, D(100))


MANUAL = ManualTerms(
    instrument=BTC,
    side=Side.BUY,
    type=OrderType.MARKET,
    quantity=D(1),
    limit_price=None,
    stop=None,
    target=None,
)


def test_a_position_that_a_person_entered_is_left_alone() -> None:
    held = Manual(EXITS)
    assert held.desk.world.portfolio.positions[BTC].owner == PERSON
    assert held.trades("90", seconds=700) == []


def test_an_instance_has_rules_of_its_own() -> None:
    own = StrategySettings("trend", management=OwnManagementSettings(trailing_levels=("0.01:0.005",)))
    held = Managed(settings=Settings(strategies=(own,), management=TRAILING))
    held.trades("101")
    assert [one.stop for one in held.actions] == [D("100.4")]
    none = StrategySettings("trend", management=OwnManagementSettings(trailing_levels=()))
    assert Managed(settings=Settings(strategies=(none,), management=TRAILING)).trades("103") == []


def test_changed_settings_are_in_force_from_the_next_price_on() -> None:
    held = Managed(ManagementSettings())
    assert held.trades("103") == []
    held.desk.ask(ChangeSettings(Settings(management=TRAILING)), cause="command:settings")
    assert names(held.trades("103")) == ["PositionManaged", "OrderAmendRequested"]


def test_a_position_of_a_grid_is_left_alone_whose_levels_were_judged_together() -> None:
    grid = Gridded(settings=replace(LOW, management=EXITS))
    grid.fill("e1", 98)
    assert grid.held
    grid.desk.at += timedelta(seconds=700)
    trade = replace(a_trade("95"), at=grid.desk.at)
    assert grid.desk.handle(MarketMoved(grid.desk.at, (trade,))) == []


def test_while_the_breaker_of_orders_is_open_no_stop_is_moved_and_a_loss_still_closes() -> None:
    held = Managed(replace(TRAILING, largest_loss=D("0.01")))
    for number in range(5):
        held.desk.tell(
            Unanswered(service=Service.ORDERS, at=held.desk.at, fact=f"clock:{number}", reason="no response")
        )
    assert held.desk.world.portfolio.breakers[Service.ORDERS].mode is Mode.OPEN
    assert held.trades("103") == []
    assert names(held.trades("99")) == ["PositionManaged", "PositionClosing", "OrderPlaced"]


def test_of_two_stops_the_tighter_one_stays_where_it_is() -> None:
    """A person's order added to the position with a stop of its own, which is tighter than the manager's."""
    held = Managed()
    for number, stop in ((7, "101.5"), (8, "99")):
        terms = replace(held.terms("s1"), trigger_price=D(stop), parent=None, quantity=D(25))
        order_id = f"{held.chain}-s{number}"
        held.desk.ask(orders.PlaceOrder(order_id, terms, None), cause=f"command:second-{number}")
        held.accepted(f"s{number}")
    held.trades("102.4")
    changed = [one for one in held.desk.exchange.letters if one.kind == "amend"]
    assert [one.about[0] for one in changed] == [f"{held.chain}-s1", f"{held.chain}-s8"]
    assert {one.about[3] for one in changed} == {D("101.3")}
