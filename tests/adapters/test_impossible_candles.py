"""A candle of an exchange with figures that no market has is refused before anything reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.bybit import market_frame
from adapters.ccxt import market_rows
from adapters.ccxt.markets import Market
from domain.candle import Candle
from domain.errors import InvalidInput
from tests.domain.history import BTC

MINUTE = timedelta(minutes=1)


def of_bybit(high: str, volume: str) -> Candle:
    return market_frame.candle(BTC, MINUTE, 60_000, ("100", high, "100", "100", volume, "0"))


def of_ccxt(high: str, volume: str) -> Candle:
    row = [60_000, "100", high, "100", "100", volume]
    return market_rows.candle(row, Market("BTC/USDT:USDT", BTC, Decimal(1)), MINUTE)


@pytest.mark.parametrize("read", [of_bybit, of_ccxt])
@pytest.mark.parametrize(
    ("high", "volume", "named"), [("1" + "0" * 19, "1", "high"), ("100", "9" * 30, "volume")]
)
def test_a_candle_with_a_figure_that_no_market_has_is_refused_by_name(
    read: Callable[[str, str], Candle], high: str, volume: str, named: str
) -> None:
    assert read("101", "1").high == 101
    with pytest.raises(InvalidInput, match=f"^{named} "):
        read(high, volume)
