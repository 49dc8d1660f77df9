"""The cross of two EMAs in NautilusTrader 2: `python run_nautilus2.py CANDLES.csv` prints what it took as JSON.

Its CPU time is that of `BacktestEngine.run` over bars, with a strategy in Python on an engine in Rust, the cache in
memory and the log of lines off. A long is a bracket (entry, stop, target) and a closing order, as here.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import process_time

from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model import (
    AccountType,
    Bar,
    BarType,
    Currency,
    Money,
    OmsType,
    OrderSide,
    Price,
    Quantity,
    Venue,
)
from nautilus_trader.testkit.providers import TestInstrumentProvider
from nautilus_trader.trading import Strategy, StrategyConfig

_WARM = 20
_INSTRUMENT = TestInstrumentProvider.btcusdt_perp_binance()
_BAR_TYPE = BarType.from_str(f"{_INSTRUMENT.id}-1-MINUTE-LAST-EXTERNAL")


class Cross(Strategy):
    """Long from each cross upwards to the next cross downwards, from the 21st candle on."""

    def __init__(self, config: StrategyConfig) -> None:
        super().__init__(config)
        self.fast, self.slow = ExponentialMovingAverage(10), ExponentialMovingAverage(20)
        self.seen = self.longs = self.changes = 0
        self.above = self.below = False

    def on_start(self) -> None:
        self.subscribe_bars(_BAR_TYPE)

    def on_bar(self, bar: Bar) -> None:
        was_above, was_below = self.above, self.below
        self.fast.handle_bar(bar)
        self.slow.handle_bar(bar)
        self.above, self.below = self.fast.value > self.slow.value, self.fast.value < self.slow.value
        self.seen += 1
        if self.seen <= _WARM:
            return
        if self.above and not was_above:
            self.enter(float(bar.close))
        elif self.below and not was_below:
            self.cancel_all_orders(_INSTRUMENT.id)
            self.close_all_positions(_INSTRUMENT.id)

    def enter(self, price: float) -> None:
        self.longs += 1
        self.submit_order_list(
            self.order_factory.bracket(
                instrument_id=_INSTRUMENT.id,
                order_side=OrderSide.BUY,
                quantity=Quantity(0.001, _INSTRUMENT.size_precision),
                sl_trigger_price=Price(price * 0.9, _INSTRUMENT.price_precision),
                tp_price=Price(price * 1.9, _INSTRUMENT.price_precision),
            )
        )

    def on_order_event(self, event: object) -> None:
        self.changes += 1


def _bars(file: Path) -> list[Bar]:
    with file.open(encoding="utf-8", newline="") as rows:
        return [_bar(row) for row in csv.DictReader(rows)]


def _bar(row: dict[str, str]) -> Bar:
    opened = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    prices = (
        Price(float(row[name]), _INSTRUMENT.price_precision) for name in ("open", "high", "low", "close")
    )
    closed = (int(opened.timestamp()) + 60) * 1_000_000_000
    return Bar(_BAR_TYPE, *prices, Quantity(float(row["volume"]), _INSTRUMENT.size_precision), closed, closed)


def main(file: Path) -> None:
    engine = BacktestEngine(
        BacktestEngineConfig(bypass_logging=True, logging=LoggerConfig(bypass_logging=True))
    )
    engine.add_venue(
        venue=Venue("BINANCE"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money(10_000, Currency.from_str("USDT"))],
        base_currency=Currency.from_str("USDT"),
        fee_model=MakerTakerFeeModel(Decimal("0.0002"), Decimal("0.0006")),
    )
    engine.add_instrument(_INSTRUMENT)
    bars = _bars(file)
    engine.add_data(bars)
    strategy = Cross(StrategyConfig())
    engine.add_strategy(strategy)
    began = process_time()
    engine.run()
    took = process_time() - began
    orders = len(engine.cache.orders())
    figures = {"candles": len(bars), "seconds": took, "longs": strategy.longs, "orders": orders}
    print(json.dumps({**figures, "changes": strategy.changes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
