"""Every feature of `core.1` that candles and the signal give, computed plainly from all candles known at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.signal import SignalDetected

pd: Any = import_module("pandas")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Figures = dict[str, float | None]
Tapes = Mapping[str, Sequence[Candle]]


def slow_row(tapes: Tapes, own: str, bitcoin: str, signal: SignalDetected, at: datetime) -> Figures:
    """The features by name; None is missing. Candles that close after `at` are dropped first."""
    frame, other = _frame(tapes.get(own, ()), at), _frame(tapes.get(bitcoin, ()), at)
    found: dict[str, float | None] = {**_of_signal(signal, at)}
    found |= _of_candles(frame) | _of_bitcoin(other) | _correlated(frame, other, own == bitcoin)
    span = found["atr_share"]
    risked = abs(float(signal.price) - float(signal.stop))
    found["stop_in_atrs"] = None if span is None else risked / (span * float(frame["close"].iloc[-1]))
    return found


def _frame(candles: Sequence[Candle], at: datetime) -> Any:
    known = [one for one in candles if one.close_time <= at]
    columns = {
        name: [float(getattr(one, name)) for one in known]
        for name in ("open", "high", "low", "close", "volume")
    }
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex([one.close_time for one in known]))
    frame.attrs["interval"] = known[0].interval if known else None
    if known and at - known[-1].close_time >= 2 * known[-1].interval:
        return frame.iloc[:0]
    return frame


def _gain(frame: Any, span: timedelta) -> float | None:
    if frame.empty:
        return None
    begin = frame.index[-1] - span
    before = frame["close"][(frame.index <= begin) & (frame.index > begin - HOUR)]
    return None if before.empty else float(frame["close"].iloc[-1] / before.iloc[-1] - 1)


def _of_bitcoin(frame: Any) -> Figures:
    return {"btc_gain_1h": _gain(frame, HOUR), "btc_gain_24h": _gain(frame, DAY)}


def _correlated(frame: Any, other: Any, is_same: bool) -> Figures:
    if frame.empty or other.empty:
        return {"correlation_btc": None}
    if is_same:
        return {"correlation_btc": 1.0}
    both = pd.concat([frame["close"].tail(97), other["close"].tail(97)], axis=1, join="inner")
    returns = both.pct_change().dropna().tail(48)
    if len(returns) < 48:
        return {"correlation_btc": None}
    return {"correlation_btc": float(np.corrcoef(returns.iloc[:, 0], returns.iloc[:, 1])[0, 1])}


def _of_signal(signal: SignalDetected, at: datetime) -> Figures:
    price, stop, target = float(signal.price), float(signal.stop), float(signal.target)
    return {
        "hour": float(at.hour),
        "weekday": float(at.weekday()),
        "confidence": signal.confidence,
        "trend": signal.trend,
        "direction": {Direction.LONG: 1.0, Direction.SHORT: -1.0}[signal.direction],
        "reward_to_risk": abs(target - price) / abs(price - stop),
        "stop_distance": abs(price - stop) / price,
    }


_CANDLE_NAMES = (
    "gain_24h", "gain_1h", "volume_ratio", "range_place_24h", "volume_to_mean", "return_1", "return_3", "return_12",
    "return_48", "volatility", "adx", "di_difference", "atr_share", "atr_percentile", "rsi", "ema_distance_20",
    "ema_distance_50", "bollinger_place", "efficiency", "candle_body", "candle_minutes", "regime_trend",
    "regime_volatile",
)  # fmt: skip


def _of_candles(frame: Any) -> Figures:
    if frame.empty:
        return dict.fromkeys(_CANDLE_NAMES)
    found: dict[str, float | None] = dict.fromkeys(_CANDLE_NAMES)
    close, last = frame["close"], frame.iloc[-1]
    found |= {"gain_24h": _gain(frame, DAY), "gain_1h": _gain(frame, HOUR)}
    found |= {"candle_minutes": frame.attrs["interval"] / timedelta(minutes=1)}
    found |= _of_day(frame)
    for bars in (1, 3, 12, 48):
        if len(close) > bars:
            found[f"return_{bars}"] = float(close.iloc[-1] / close.iloc[-1 - bars] - 1)
    if len(close) > 48:
        found["volatility"] = float(np.std(close.pct_change().to_numpy()[-48:]))
    if len(close) > 20:
        found["volume_to_mean"] = float(last["volume"] / frame["volume"].iloc[-21:-1].mean())
        way = float(close.diff().abs().iloc[-20:].sum())
        found["efficiency"] = abs(float(close.iloc[-1] - close.iloc[-21])) / way
    if last["high"] > last["low"]:
        found["candle_body"] = float((last["close"] - last["open"]) / (last["high"] - last["low"]))
    return found | _of_talib(frame) | _regime({**found, **_of_talib(frame)})


def _of_day(frame: Any) -> Figures:
    end = frame.index[-1]
    if frame.index[0] - frame.attrs["interval"] > end - DAY:
        return {}
    day, hour = frame[frame.index > end - DAY], frame[frame.index > end - HOUR]
    low, high = float(day["low"].min()), float(day["high"].max())
    return {
        "volume_ratio": float(24 * hour["volume"].sum() / day["volume"].sum()),
        "range_place_24h": (float(frame["close"].iloc[-1]) - low) / (high - low),
    }


def _of_talib(frame: Any) -> Figures:
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    plus, minus = talib.PLUS_DI(high, low, close, 14), talib.MINUS_DI(high, low, close, 14)
    span = talib.ATR(high, low, close, 14)
    upper, middle, _ = talib.BBANDS(close, 20, 1.0, 1.0)
    shares = span / close
    known = len(shares) > 214
    last: dict[str, Any] = {
        "adx": talib.ADX(high, low, close, 14)[-1],
        "di_difference": plus[-1] - minus[-1],
        "atr_share": shares[-1],
        "rsi": talib.RSI(close, 14)[-1],
        "ema_distance_20": (close[-1] - talib.EMA(close, 20)[-1]) / span[-1],
        "ema_distance_50": (close[-1] - talib.EMA(close, 50)[-1]) / span[-1],
        "bollinger_place": (close[-1] - middle[-1]) / (upper[-1] - middle[-1]),
        "atr_percentile": float(np.count_nonzero(shares[-201:-1] < shares[-1])) / 200 if known else np.nan,
    }
    return {name: None if np.isnan(one) else float(one) for name, one in last.items()}


def _regime(found: Figures) -> Figures:
    strength, efficiency, percentile = (found[name] for name in ("adx", "efficiency", "atr_percentile"))
    if strength is None or efficiency is None or percentile is None:
        return {"regime_trend": None, "regime_volatile": None}
    volatile = percentile >= 0.9
    trend = not volatile and strength >= 25 and efficiency >= 0.3
    return {"regime_trend": float(trend), "regime_volatile": float(volatile)}
