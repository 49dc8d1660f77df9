"""Live runs whose log knows an instrument that the exchange does not trade any more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from adapters.simulated.server import VenueServer
from commands.door import Completed
from commands.request import ClosePosition
from domain.reconciliation import DiscrepancyFound
from tests.adapters.simulated.server.delisting import delisted
from tests.adapters.simulated.server.serving import RunningVenue
from tests.adapters.simulated.still_market import show_and_trade
from tests.infra.run.live_desk import BTC, FIVE, LIMIT, PLAN, D, LiveDesk, a_candle
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.replacing import replace

ETH = "ETHUSDT-LINEAR.BYBIT"
BOTH = replace(PLAN, instruments=(BTC, ETH))
OF_ETH = replace(LIMIT, terms=replace(LIMIT.terms, instrument=ETH))
SYMBOL = "ETHUSDT"


@pytest.fixture
def delist(venue: RunningVenue, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on the exchange does not list ETHUSDT, and refuses every request that names it, as Bybit does."""
    return partial(delisted, monkeypatch, SYMBOL, venue.server)


def traded(desk: LiveDesk) -> LiveDesk:
    """A desk with a position in BTCUSDT and an order of ETHUSDT that rests."""
    desk.venue.do(eth_trades)
    desk.feed.past.append(replace(a_candle(desk.now() - 2 * FIVE, "100"), instrument=ETH))
    desk.started()
    assert isinstance(desk.asks(LIMIT), Completed), desk.reason
    assert isinstance(desk.asks(OF_ETH), Completed), desk.reason
    desk.until(lambda: len(desk.exchange.open_orders()) >= 6)
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionOpened"))
    return desk


def eth_trades(server: VenueServer) -> None:
    show_and_trade(server.venue, SYMBOL, D(100), D(1000), server.clock.market())


def eth_is_cancelled(desk: LiveDesk, server: VenueServer) -> None:
    for order in [one for one in desk.account.orders.values() if one.symbol == SYMBOL]:
        server.venue.end(order, "CancelByAdmin", server.clock.market())


def discrepancies(desk: LiveDesk) -> list[str]:
    events = [one.event for one in desk.log.envelopes]
    return [one.discrepancy_id for one in events if isinstance(one, DiscrepancyFound)]


@pytest.mark.parametrize("kind", [LiveDesk, CcxtDesk], ids=["bybit", "ccxt"])
@pytest.mark.parametrize("instruments", [(BTC, ETH), (BTC,)], ids=["named", "known to the log only"])
def test_an_open_order_of_a_delisted_instrument_halts_entries_and_other_positions_are_closed(
    venue: RunningVenue, delist: Callable[[], None], kind: type[LiveDesk], instruments: tuple[str, ...]
) -> None:
    before = traded(kind(venue, BOTH))
    before.run.close()
    delist()
    desk = kind(venue, replace(BOTH, instruments=instruments), before.log, before.key).started_in_doubt()
    assert discrepancies(desk) == [f"difference:InstrumentUnknownToThem:{ETH}"]
    assert sorted(desk.run.world.portfolio.discrepancies.unresolved) == discrepancies(desk)
    assert list(desk.run.world.portfolio.positions) == [BTC]
    assert isinstance(desk.asks(ClosePosition(f"{BTC}-LONG-1", "by hand")), Completed)
    desk.until(lambda: desk.has("PositionClosed"))
    desk.close()


def test_a_delisted_instrument_of_which_nothing_is_open_any_more_halts_nothing(
    venue: RunningVenue, delist: Callable[[], None]
) -> None:
    before = traded(LiveDesk(venue, BOTH))
    before.run.close()
    venue.do(partial(eth_is_cancelled, before))
    delist()
    desk = LiveDesk(venue, BOTH, before.log, before.key).started()
    assert discrepancies(desk) == []
    assert not desk.run.world.portfolio.discrepancies.unresolved
    desk.close()
