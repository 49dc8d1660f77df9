"""A feed of which Bybit stops trading an instrument: the others go on, and it is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest

from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import instrument_id
from domain.market import Quote
from tests.adapters.bybit.feed_bench import EVERYTHING, INSTRUMENT, BybitFeedBench
from tests.adapters.simulated.server.delisting import delisted
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import MINUTE
from tests.replacing import replace

SYMBOL = "ETHUSDT"
ETH = instrument_id(SYMBOL)
LEFT_OUT = (
    f"{ETH} is left out of the live market data until the next connection: subscribe refused: "
    "error:handler not found,topic:"
)


@pytest.fixture
def bench(venue: RunningVenue) -> Iterator[BybitFeedBench]:
    with closing(BybitFeedBench(venue, replace(EVERYTHING, instruments=(INSTRUMENT, ETH)))) as bench:
        yield bench


def live(bench: BybitFeedBench) -> dict[str, bool]:
    return {one.instrument: one.is_live for one in bench.feed.states()}


def is_left_out(bench: BybitFeedBench, connects: int) -> bool:
    return bench.feed.connects == connects and live(bench) == {INSTRUMENT: True, ETH: False}


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "adapters.bybit.market_group"]


def test_a_connection_after_a_delisting_brings_the_other_instruments_and_names_the_delisted_one_once(
    bench: BybitFeedBench, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        delisted(patch, SYMBOL, bench.venue.server)
        for connects in (2, 3):
            bench.venue.act("cut")
            bench.until(partial(is_left_out, bench, connects))
            bench.feed.events()
            bench.show(Side.BUY, 1, f"6.62{connects}")
            bench.until(lambda: any(isinstance(one, Quote) for one in bench.feed.events()))
        (message,) = logged(caplog)
        assert message.startswith(LEFT_OUT)
        fault = next(one.fault for one in bench.feed.states() if one.instrument == ETH)
        assert fault.startswith("subscribe refused: ")
        with pytest.raises(InvalidInput, match=f"^Bybit does not trade {ETH} now"):
            bench.feed.candles(ETH, MINUTE, bench.now() - timedelta(minutes=5), bench.now())
    bench.venue.act("cut")
    bench.until(lambda: live(bench) == {INSTRUMENT: True, ETH: True})
    assert logged(caplog)[1:] == [f"{ETH} is in the live market data again"]
