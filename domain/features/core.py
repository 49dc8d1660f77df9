"""The feature set `core.1`: one table of features, each row with its meaning and the function that computes it.

Hour and weekday are plain numbers: trees split them anywhere, and a sine and cosine of them would be four columns
without an order that a reader understands.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from domain.account import Account
from domain.arithmetic import distance
from domain.direction import Direction
from domain.features.bars import BOLLINGER, DAY, EFFICIENCY, EMAS, HOUR, PERIOD, SHARES, Bars, over
from domain.features.feature_set import Feature, FeatureSet
from domain.features.moment import Moment
from domain.indicators import correlation
from domain.plain_text import counted
from domain.portfolio import Portfolio
from domain.regime import Regime
from domain.regimes.reader import regime_of
from domain.regimes.settings import NO_REGIMES
from domain.signal import SignalDetected

CORRELATED = 48
"""The returns that are correlated with those of BTC, and those of the volatility."""
_VOLUMES = 20
_CANDLES, _BITCOIN, _ACCOUNT, _SIGNAL = "candles", "candles of BTC", "account", "signal"
_CALENDAR = "time of the signal"
_SHORT = -1.0

Value = Callable[[Moment], float | None]


class Computed(Struct, frozen=True):
    """A feature and the function that computes it at a moment; None is a missing value."""

    feature: Feature
    of: Value


def _row(name: str, formula: str, units: str, window: str, source: str, of: Value) -> Computed:
    feature = Feature(
        name=name, formula=formula, units=units, window=window, source=source, is_calendar=source == _CALENDAR
    )
    return Computed(feature, of)


def _of_bars(of: Callable[[Bars], float | None]) -> Value:
    return lambda moment: None if moment.bars is None else of(moment.bars)


def _of_bitcoin(of: Callable[[Bars], float | None]) -> Value:
    return lambda moment: None if moment.bitcoin is None else of(moment.bitcoin)


def _of_account(of: Callable[[Account, Portfolio], float | None]) -> Value:
    """Missing for an account that was never opened, as where candles alone are read."""

    def value(moment: Moment) -> float | None:
        account = moment.portfolio.account_state
        return of(account, moment.portfolio) if isinstance(account, Account) else None

    return value


def _of_signal(of: Callable[[SignalDetected], float | None]) -> Value:
    return lambda moment: of(moment.signal)


def _correlation_with_bitcoin(moment: Moment) -> float | None:
    own, bitcoin = moment.bars, moment.bitcoin
    if own is None or bitcoin is None:
        return None
    if own is bitcoin:
        return 1.0
    by_time = dict(bitcoin.timed_closes(2 * CORRELATED + 1))
    common = [(close, by_time[at]) for at, close in own.timed_closes(2 * CORRELATED + 1) if at in by_time]
    if len(common) <= CORRELATED:
        return None
    ours, theirs = zip(*common[-CORRELATED - 1 :], strict=True)
    return correlation(_returns(ours), _returns(theirs)) if all(ours) and all(theirs) else None


def _returns(closes: tuple[float, ...]) -> list[float]:
    return [close / before - 1.0 for before, close in pairwise(closes)]


def _change(candles: int) -> Callable[[Bars], float | None]:
    return lambda bars: bars.change(candles)


def _average_distance(number: int) -> Callable[[Bars], float | None]:
    return lambda bars: bars.average_distance(number)


def _di_difference(bars: Bars) -> float | None:
    plus, minus = bars.adx.plus_di, bars.adx.minus_di
    return None if plus is None or minus is None else plus - minus


def _shows(regime: Regime) -> Callable[[Bars], float | None]:
    def shown(bars: Bars) -> float | None:
        strength, efficiency, percentile = bars.adx.value, bars.efficiency(), bars.atr_percentile()
        if strength is None or efficiency is None or percentile is None:
            return None
        return float(regime_of(strength, efficiency, percentile, NO_REGIMES) is regime)

    return shown


def _open_risk_share(account: Account, portfolio: Portfolio) -> float | None:
    risk = portfolio.open_risk
    return over(float(risk), float(account.balance)) if risk.is_finite() and account.balance > 0 else None


def _held(moment: Moment) -> float | None:
    """+1 for a position in the signal's direction, -1 for one against it, 0 for none."""
    if not isinstance(moment.portfolio.account_state, Account):
        return None
    held = moment.portfolio.positions.get(moment.signal.instrument)
    if held is None:
        return 0.0
    return 1.0 if held.state.direction is moment.signal.direction else _SHORT


def _way(signal: SignalDetected) -> float:
    return 1.0 if signal.direction is Direction.LONG else _SHORT


def _share(part: Decimal, whole: Decimal) -> float | None:
    return over(float(part), float(whole))


def _stop_in_atrs(moment: Moment) -> float | None:
    span = None if moment.bars is None else moment.bars.atr.value
    risked = float(distance(moment.signal.price, moment.signal.stop))
    return None if span is None else over(risked, span)


_ROWS: tuple[Computed, ...] = (
    _row(
        "gain_24h",
        "close / close 24 h before - 1",
        "fraction",
        "24 h",
        _CANDLES,
        _of_bars(lambda bars: bars.gain(DAY)),
    ),
    _row(
        "gain_1h",
        "close / close 1 h before - 1",
        "fraction",
        "1 h",
        _CANDLES,
        _of_bars(lambda bars: bars.gain(HOUR)),
    ),
    _row(
        "volume_ratio",
        "24 · volume of the last hour / volume of the last 24 h",
        "ratio",
        "24 h",
        _CANDLES,
        _of_bars(Bars.volume_ratio),
    ),
    _row(
        "range_place_24h",
        "(close - lowest low) / (highest high - lowest low)",
        "0..1",
        "24 h",
        _CANDLES,
        _of_bars(Bars.range_place),
    ),
    _row(
        "correlation_btc",
        "Pearson's correlation of the returns with those of BTC, at the closes that both have; 1 for BTC itself",
        "-1..1",
        f"{CORRELATED} returns",
        f"{_CANDLES}, {_BITCOIN}",
        _correlation_with_bitcoin,
    ),
    _row("hour", "hour of the signal, UTC", "0..23", "", _CALENDAR, lambda moment: float(moment.at.hour)),
    _row(
        "weekday",
        "weekday of the signal, UTC; Monday is 0",
        "0..6",
        "",
        _CALENDAR,
        lambda moment: float(moment.at.weekday()),
    ),
    _row(
        "volume_to_mean",
        "volume / mean volume of the candles before",
        "ratio",
        f"{_VOLUMES} candles",
        _CANDLES,
        _of_bars(lambda bars: bars.volume_to_mean(_VOLUMES)),
    ),
    *(
        _row(
            f"return_{bars}",
            f"close / close {counted(bars, 'candle')} before - 1",
            "fraction",
            counted(bars, "candle"),
            _CANDLES,
            _of_bars(_change(bars)),
        )
        for bars in (1, 3, 12, 48)
    ),
    _row(
        "volatility",
        "population standard deviation of the changes from close to close",
        "fraction",
        f"{CORRELATED} returns",
        _CANDLES,
        _of_bars(lambda bars: bars.volatility(CORRELATED)),
    ),
    _row(
        "adx",
        "Wilder's ADX",
        "0..100",
        f"{PERIOD} candles",
        _CANDLES,
        _of_bars(lambda bars: bars.adx.value),
    ),
    _row(
        "di_difference",
        "+DI - -DI (Wilder)",
        "-100..100",
        f"{PERIOD} candles",
        _CANDLES,
        _of_bars(_di_difference),
    ),
    _row("atr_share", "ATR / close", "fraction", f"{PERIOD} candles", _CANDLES, _of_bars(Bars.atr_share)),
    _row(
        "atr_percentile",
        "part of the candles before whose ATR / close was lower",
        "0..1",
        f"{SHARES} candles",
        _CANDLES,
        _of_bars(Bars.atr_percentile),
    ),
    _row(
        "rsi",
        "Wilder's RSI",
        "0..100",
        f"{PERIOD} candles",
        _CANDLES,
        _of_bars(lambda bars: bars.rsi.value),
    ),
    *(
        _row(
            f"ema_distance_{period}",
            f"(close - EMA {period}) / ATR",
            "ATRs",
            f"{period} candles",
            _CANDLES,
            _of_bars(_average_distance(number)),
        )
        for number, period in enumerate(EMAS)
    ),
    _row(
        "bollinger_place",
        "(close - mean) / population standard deviation of the closes",
        "standard deviations",
        f"{BOLLINGER} candles",
        _CANDLES,
        _of_bars(Bars.bollinger_place),
    ),
    _row(
        "efficiency",
        "Kaufman's efficiency ratio",
        "0..1",
        f"{EFFICIENCY} candles",
        _CANDLES,
        _of_bars(Bars.efficiency),
    ),
    _row(
        "candle_body",
        "(close - open) / (high - low)",
        "-1..1",
        "1 candle",
        _CANDLES,
        _of_bars(Bars.body),
    ),
    _row(
        "candle_minutes",
        "interval of the candles that are read",
        "minutes",
        "",
        _CANDLES,
        _of_bars(lambda bars: bars.seconds / 60.0),
    ),
    _row(
        "regime_trend",
        "1 where the candle shows TREND by the default regime settings, else 0",
        "0 or 1",
        f"{SHARES} candles",
        _CANDLES,
        _of_bars(_shows(Regime.TREND)),
    ),
    _row(
        "regime_volatile",
        "1 where the candle shows VOLATILE by the default regime settings, else 0",
        "0 or 1",
        f"{SHARES} candles",
        _CANDLES,
        _of_bars(_shows(Regime.VOLATILE)),
    ),
    _row(
        "btc_gain_1h",
        "close of BTC / its close 1 h before - 1",
        "fraction",
        "1 h",
        _BITCOIN,
        _of_bitcoin(lambda bars: bars.gain(HOUR)),
    ),
    _row(
        "btc_gain_24h",
        "close of BTC / its close 24 h before - 1",
        "fraction",
        "24 h",
        _BITCOIN,
        _of_bitcoin(lambda bars: bars.gain(DAY)),
    ),
    _row(
        "open_risk_share",
        "loss if every stop is hit / balance",
        "fraction",
        "",
        _ACCOUNT,
        _of_account(_open_risk_share),
    ),
    _row(
        "drawdown",
        "1 - balance after the last close / its highest value",
        "0..1",
        "all trades",
        _ACCOUNT,
        _of_account(lambda _, portfolio: float(portfolio.trades.drawdown)),
    ),
    _row(
        "positions_held",
        "number of open positions",
        "positions",
        "",
        _ACCOUNT,
        _of_account(lambda _, portfolio: float(len(portfolio.positions))),
    ),
    _row(
        "losses_in_a_row",
        "number of losing trades in a row",
        "trades",
        "all trades",
        _ACCOUNT,
        _of_account(lambda _, portfolio: float(portfolio.trades.losses_in_a_row)),
    ),
    _row(
        "position_held",
        "position in the instrument: 1 in the signal's direction, -1 against it, 0 none",
        "-1, 0 or 1",
        "",
        f"{_ACCOUNT}, {_SIGNAL}",
        _held,
    ),
    _row(
        "confidence",
        "confidence of the signal",
        "0..1",
        "",
        _SIGNAL,
        _of_signal(lambda signal: signal.confidence),
    ),
    _row(
        "trend",
        "trend of the signal: 1 up, -1 down",
        "-1..1",
        "",
        _SIGNAL,
        _of_signal(lambda signal: signal.trend),
    ),
    _row("direction", "1 for LONG, -1 for SHORT", "-1 or 1", "", _SIGNAL, _of_signal(_way)),
    _row(
        "reward_to_risk",
        "|target - price| / |price - stop|",
        "ratio",
        "",
        _SIGNAL,
        _of_signal(
            lambda one: _share(distance(one.target, one.price), distance(one.price, one.stop)),
        ),
    ),
    _row(
        "stop_distance",
        "|price - stop| / price",
        "fraction",
        "",
        _SIGNAL,
        _of_signal(lambda one: _share(distance(one.price, one.stop), one.price)),
    ),
    _row(
        "stop_in_atrs",
        "|price - stop| / ATR",
        "ATRs",
        f"{PERIOD} candles",
        f"{_SIGNAL}, {_CANDLES}",
        _stop_in_atrs,
    ),
)

CORE_1 = FeatureSet("core", 1, tuple(row.feature for row in _ROWS))
"""The features of `core.1`, in the order of a row's values."""

COMPUTED: tuple[Value, ...] = tuple(row.of for row in _ROWS)
"""The functions of `CORE_1`, in its order."""
