"""A grid at our Bybit venue: the parts of its stop cover what is held, and its end leaves no order there."""

from __future__ import annotations

from decimal import Decimal

from commands.account import TurnDay
from commands.covering import covered
from commands.inputs import Tick
from domain.grid import GridEnd
from domain.signal import GridEnded
from tests.adapters.bybit.bench import BybitBench
from tests.adapters.bybit.test_reconciling import BybitTrader
from tests.commands.desk import Desk
from tests.commands.test_gridding import LOW, QUANTITY, SIGNAL
from tests.domain.history import BTC, D
from tests.replacing import replace


class GridTrader(BybitTrader):
    """A trader whose grid rests at the venue; the price is 100."""

    def __init__(self, bench: BybitBench) -> None:
        super().__init__(bench)
        self.desk = Desk()
        self.desk.sends_to(self.venue)
        self.desk.opened(LOW)
        self.desk.at = self.began = bench.now()
        self.desk.ask(TurnDay(self.began.date().isoformat()), cause="command:day")
        self.desk.see(replace(SIGNAL, candle_closed_at=self.began))
        self.hears()

    def hears(self) -> None:
        """Takes the reports of the venue, and what the venue reports of the orders that follow."""
        for _round in range(3):
            self.bench.hear()
            self.desk.tell(*self.venue.reports())

    def moves_to(self, *prices: str) -> None:
        for price in prices:
            self.trades_at(price)
            self.hears()

    @property
    def held(self) -> Decimal:
        """What the log holds, which the stops at the venue cover and the venue states, too."""
        position = self.desk.world.portfolio.positions.get(BTC)
        theirs = sum((one.quantity for one in self.venue.positions()), D(0))
        if position is None:
            assert theirs == 0
            return theirs
        assert covered(position, self.desk.world.portfolio) >= position.state.quantity == theirs
        return theirs


def test_levels_fill_and_are_sold_and_entered_again_with_their_parts_of_the_stop(bench: BybitBench) -> None:
    trader = GridTrader(bench)
    trader.moves_to("98")
    assert trader.held == QUANTITY
    trader.moves_to("96")
    assert trader.held == 2 * QUANTITY
    trader.moves_to("98")
    assert trader.held == QUANTITY
    legs = {one.rpartition("-")[2] for one in trader.desk.world.portfolio.entries}
    assert legs == {"e3", "e5"}
    trader.moves_to("96")
    assert trader.held == 2 * QUANTITY
    assert trader.differences() == []


def test_the_stop_closes_every_level_and_no_order_of_the_grid_is_left(bench: BybitBench) -> None:
    trader = GridTrader(bench)
    trader.moves_to("98", "96", "94", "91.9")
    assert trader.held == 0
    ended = [one.event for one in trader.desk.recorded if isinstance(one.event, GridEnded)]
    assert ended == [GridEnded(GridEnd.STOP)]
    assert (trader.venue.open_orders(), len(trader.desk.world.portfolio.entries)) == ([], 0)
    assert trader.differences() == []


def test_the_end_of_its_lifetime_leaves_the_target_and_the_stop_of_what_is_held(bench: BybitBench) -> None:
    trader = GridTrader(bench)
    trader.moves_to("98")
    trader.desk.at = max(trader.desk.at, next(iter(trader.desk.world.portfolio.grids.values())).ends_at)
    trader.desk.handle(Tick(trader.desk.at))
    trader.hears()
    left = {one.order_id.rpartition("-")[2] for one in trader.venue.open_orders()}
    assert left == {"s1", "t1"}
    assert trader.held == QUANTITY
