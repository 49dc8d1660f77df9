"""The cross of two EMAs in Freqtrade: `python run_freqtrade.py CANDLES.csv` prints what it took as JSON.

Freqtrade asks the exchange for its markets. This program gives it one market instead and connects to nothing.
Its CPU time is that of `Backtesting.backtest_one_strategy`: indicators, signals and simulated trades, in memory. Stop
and target are no orders here but prices that Freqtrade compares with each candle, so a long has two orders.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import ClassVar

import pandas as pd
from freqtrade.configuration.timerange import TimeRange
from freqtrade.enums import CandleType, RunMode
from freqtrade.exchange import Binance, Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy import IStrategy

_PAIR = "BTC/USDT"
_MARKET = {
    "id": "BTCUSDT",
    "symbol": _PAIR,
    "base": "BTC",
    "quote": "USDT",
    "spot": True,
    "margin": False,
    "swap": False,
    "future": False,
    "contract": False,
    "type": "spot",
    "active": True,
    "maker": 0.0002,
    "taker": 0.0006,
    "precision": {"amount": 0.001, "price": 0.1},
    "limits": {
        "amount": {"min": 0.001, "max": None},
        "price": {"min": 0.1, "max": None},
        "cost": {"min": 1.0, "max": None},
    },
    "info": {},
}


class Cross(IStrategy):
    """Long from each cross upwards to the next cross downwards, from the 21st candle on."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    stoploss = -0.10
    minimal_roi: ClassVar = {"0": 0.9}
    startup_candle_count = 20
    process_only_new_candles = True
    use_exit_signal = True

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        close = dataframe["close"]
        dataframe["above"] = close.ewm(span=10, adjust=False).mean() > close.ewm(span=20, adjust=False).mean()
        dataframe["below"] = close.ewm(span=10, adjust=False).mean() < close.ewm(span=20, adjust=False).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        above = dataframe["above"]
        ready = dataframe.index >= self.startup_candle_count
        dataframe.loc[ready & above & ~above.shift(1, fill_value=False), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        below = dataframe["below"]
        dataframe.loc[below & ~below.shift(1, fill_value=False), "exit_long"] = 1
        return dataframe


def _config(folder: Path) -> dict:
    return {
        "strategy": "Cross",
        "strategy_path": str(Path(__file__).parent),
        "user_data_dir": folder,
        "datadir": folder,
        "dataformat_ohlcv": "feather",
        "timeframe": "1m",
        "stake_currency": "USDT",
        "stake_amount": 50,
        "dry_run": True,
        "dry_run_wallet": 10_000,
        "max_open_trades": 1,
        "fee": 0.0006,
        "trading_mode": "spot",
        "margin_mode": "",
        "candle_type_def": CandleType.SPOT,
        "runmode": RunMode.BACKTEST,
        "export": "none",
        "exportfilename": folder / "none.json",
        "backtest_cache": "none",
        "enable_protections": False,
        "entry_pricing": {"price_side": "other", "use_order_book": False},
        "exit_pricing": {"price_side": "other", "use_order_book": False},
        "order_types": {
            "entry": "market",
            "exit": "market",
            "stoploss": "market",
            "stoploss_on_exchange": False,
        },
        "exchange": {"name": "binance", "pair_whitelist": [_PAIR], "pair_blacklist": []},
        "pairlists": [{"method": "StaticPairList"}],
    }


def _data(file: Path) -> dict[str, pd.DataFrame]:
    frame = pd.read_csv(file)
    frame["date"] = pd.to_datetime(frame.pop("timestamp"), utc=True)
    return {_PAIR: frame[["date", "open", "high", "low", "close", "volume"]]}


def main(file: Path) -> None:
    logging.disable(logging.WARNING)
    Exchange.reload_markets = lambda self, *_args, **_named: self._markets.update({_PAIR: _MARKET})
    with TemporaryDirectory() as folder:
        config = _config(Path(folder))
        backtesting = Backtesting(config, Binance(config, validate=False))
        data = _data(file)
        backtesting.available_pairs = [_PAIR]
        backtesting.price_pair_prec[_PAIR] = pd.Series([0.1], index=[data[_PAIR]["date"].iloc[0]])
        began = process_time()
        backtesting.backtest_one_strategy(backtesting.strategylist[0], data, TimeRange())
        took = process_time() - began
        results = backtesting.all_bt_content["Cross"]["results"]
    orders = int(results["orders"].map(len).sum())
    print(json.dumps({"candles": len(data[_PAIR]), "seconds": took, "longs": len(results), "orders": orders}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
