"""A feed of which the exchange stops trading an instrument: the others go on, and it is named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.simulated.server import VenueServer
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import instrument_id
from domain.market import Quote
from tests.adapters.bybit.feed_bench import INSTRUMENT
from tests.adapters.ccxt.feed_bench import EVERYTHING, CcxtFeedBench
from tests.adapters.simulated.server.delisting import delisted
from tests.adapters.simulated.server.serving import RunningVenue
from tests.adapters.simulated.still_market import show_and_trade
from tests.commands.feed_contract import MINUTE
from tests.replacing import replace

SYMBOL = "ETHUSDT"
ETH = instrument_id(SYMBOL)
BOTH = replace(EVERYTHING, instruments=(INSTRUMENT, ETH))
NOT_TRADED = f"bybit does not trade {ETH} now"


def trade(server: VenueServer) -> None:
    show_and_trade(server.venue, SYMBOL, Decimal(100), Decimal(1000), server.clock.market())


def faults(bench: CcxtFeedBench) -> dict[str, str]:
    return {one.instrument: one.fault for one in bench.feed.states()}


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "polls"])
def test_the_other_instruments_go_on_after_a_delisting_and_the_delisted_one_is_named_once(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, streams: bool
) -> None:
    venue.do(trade)
    bench = CcxtFeedBench(venue, streams=streams, wanted=BOTH)
    delisted(monkeypatch, SYMBOL, venue.server)
    venue.act("cut")
    bench.until(lambda: faults(bench) == {INSTRUMENT: "", ETH: NOT_TRADED})
    bench.feed.events()
    bench.show(Side.BUY, 1, "6.625")
    bench.until(lambda: any(isinstance(one, Quote) for one in bench.feed.events()))
    named = [one.getMessage() for one in caplog.records if one.name == "adapters.ccxt.feed"]
    assert named == [f"{ETH} is left out of the live market data: {NOT_TRADED}"]
    with pytest.raises(InvalidInput, match=f"^{NOT_TRADED}"):
        bench.feed.candles(ETH, MINUTE, bench.now() - timedelta(minutes=5), bench.now())
    bench.close()
