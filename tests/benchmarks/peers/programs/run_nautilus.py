"""The cross of two EMAs in NautilusTrader: `python run_nautilus.py CANDLES.csv` prints what it took as JSON.

Its CPU time is that of `BacktestEngine.run` over bars, with the cache in memory and the log of lines off. A long is a
bracket (entry, stop, target) and a closing order, as here.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from time import process_time

import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderType
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

_WARM = 20


class CrossConfig(StrategyConfig, frozen=True):
    bar_type: BarType


class Cross(Strategy):
    """Long from each cross upwards to the next cross downwards, from the 21st candle on."""

    def __init__(self, config: CrossConfig) -> None:
        super().__init__(config)
        self.fast, self.slow = ExponentialMovingAverage(10), ExponentialMovingAverage(20)
        self.seen = self.longs = self.changes = 0

    def on_start(self) -> None:
        self.instrument = self.cache.instrument(self.config.bar_type.instrument_id)
        self.register_indicator_for_bars(self.config.bar_type, self.fast)
        self.register_indicator_for_bars(self.config.bar_type, self.slow)
        self.above = self.below = False
        self.subscribe_bars(self.config.bar_type)

    def on_bar(self, bar: Bar) -> None:
        was_above, was_below = self.above, self.below
        self.above, self.below = self.fast.value > self.slow.value, self.fast.value < self.slow.value
        self.seen += 1
        if self.seen <= _WARM:
            return
        if self.above and not was_above:
            self.enter(bar)
        elif self.below and not was_below:
            self.cancel_all_orders(self.instrument.id)
            self.close_all_positions(self.instrument.id)

    def enter(self, bar: Bar) -> None:
        price = float(bar.close)
        self.longs += 1
        self.submit_order_list(
            self.order_factory.bracket(
                instrument_id=self.instrument.id,
                order_side=OrderSide.BUY,
                quantity=self.instrument.make_qty(Decimal("0.001")),
                entry_order_type=OrderType.MARKET,
                sl_trigger_price=self.instrument.make_price(price * 0.9),
                tp_price=self.instrument.make_price(price * 1.9),
            )
        )

    def on_order_event(self, event: object) -> None:
        self.changes += 1


def main(file: Path) -> None:
    engine = BacktestEngine(config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=Venue("BINANCE"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USDT,
        starting_balances=[Money(10_000, USDT)],
    )
    instrument = TestInstrumentProvider.btcusdt_perp_binance()
    engine.add_instrument(instrument)
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    frame = pd.read_csv(file, parse_dates=["timestamp"], index_col="timestamp")
    bars = BarDataWrangler(bar_type, instrument).process(frame.tz_localize("UTC"))
    engine.add_data(bars)
    strategy = Cross(CrossConfig(bar_type=bar_type))
    engine.add_strategy(strategy)
    began = process_time()
    engine.run()
    took = process_time() - began
    orders = engine.cache.orders_total_count()
    print(
        json.dumps(
            {
                "candles": len(bars),
                "seconds": took,
                "longs": strategy.longs,
                "orders": orders,
                "changes": strategy.changes,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
