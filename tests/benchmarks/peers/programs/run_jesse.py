"""The cross of two EMAs in Jesse: `python run_jesse.py CANDLES.csv` prints what it took as JSON.

Its CPU time is that of `jesse.research.backtest`, which needs no database. A long has an entry, a stop, a target and a
closing order, as here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from jesse import research
from jesse.store.state_orders import OrdersState
from jesse.strategies import Strategy

_EXCHANGE, _SYMBOL, _WARM = "Bybit USDT Perpetual", "BTC-USDT", 20
_LONGS: list[int] = []


class Cross(Strategy):
    """Long from each cross upwards to the next cross downwards, from the 21st candle on."""

    def __init__(self) -> None:
        super().__init__()
        self.seen, self.fast, self.slow = 0, 0.0, 0.0
        self.was_above = self.was_below = False

    def before(self) -> None:
        close = self.close
        self.was_above, self.was_below = self.fast > self.slow, self.fast < self.slow
        self.seen += 1
        if self.seen == 1:
            self.fast = self.slow = close
        self.fast += 2 / 11 * (close - self.fast)
        self.slow += 2 / 21 * (close - self.slow)

    def should_long(self) -> bool:
        return self.seen > _WARM and self.fast > self.slow and not self.was_above

    def go_long(self) -> None:
        _LONGS.append(self.index)
        self.buy = 0.001, self.price

    def on_open_position(self, order: object) -> None:
        self.stop_loss = 0.001, self.price * 0.9
        self.take_profit = 0.001, self.price * 1.9

    def update_position(self) -> None:
        if self.fast < self.slow and not self.was_below:
            self.liquidate()

    def should_cancel_entry(self) -> bool:
        return True


_MADE: list[object] = []
_ADD = OrdersState.add_order


def _counted(orders: OrdersState, order: object) -> None:
    """Counts the orders that Jesse makes; it keeps those of the open trade alone."""
    _MADE.append(order)
    _ADD(orders, order)


def main(file: Path) -> None:
    frame = pd.read_csv(file, parse_dates=["timestamp"])
    millis = frame["timestamp"].to_numpy("datetime64[ms]").astype(np.int64)
    candles = np.column_stack([millis, frame[["open", "close", "high", "low", "volume"]].to_numpy(float)])
    config = {
        "starting_balance": 10_000,
        "fee": 0.0006,
        "type": "futures",
        "futures_leverage": 1,
        "futures_leverage_mode": "cross",
        "exchange": _EXCHANGE,
        "warm_up_candles": 0,
    }
    routes = [{"exchange": _EXCHANGE, "strategy": Cross, "symbol": _SYMBOL, "timeframe": "1m"}]
    key = f"{_EXCHANGE}-{_SYMBOL}"
    OrdersState.add_order = _counted
    began = process_time()
    research.backtest(
        config, routes, [], {key: {"exchange": _EXCHANGE, "symbol": _SYMBOL, "candles": candles}}
    )
    took = process_time() - began
    print(json.dumps({"candles": len(candles), "seconds": took, "longs": len(_LONGS), "orders": len(_MADE)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
