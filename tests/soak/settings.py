"""The settings of a soak: strategies that trade often, and limits that do not soon stop the trading."""

from __future__ import annotations

SETTINGS = """
[trading.risk]
max_positions = 100
max_total_risk = "0.5"
max_daily_loss = "0.9"
minimum_win_rate = 0
cooldown_seconds = 0

[trading.sizing]
risk = "0.001"

[trading.caps]
max_orders_per_minute = 0

[trading.alpha]
minimum_trend = -1
minimum_reward_to_risk = "0.8"

[trading.tiers]
normal_confidence = 0.1
strict_confidence = 0.1
relaxed_confidence = 0.1

[[trading.strategies]]
name = "trend"
parameters.fast = 3
parameters.slow = 8
parameters.trend = 21
parameters.rsi_overbought = 95
parameters.rsi_oversold = 5
parameters.adx_minimum = 0

[[trading.strategies]]
name = "breakout"
parameters = { strength = 1, volume = 0.5, threshold = 0.0005, swing_bars = 2, trend = 50 }

[[trading.strategies]]
name = "mean-reversion"
parameters = { period = 10, deviations = 1.0, z_score = 1.5, minimum_volatility = 0.001, trend = 50 }

[[trading.strategies]]
name = "supertrend"
parameters = { period = 5, multiplier = 1.0, trend = 21 }

[[trading.strategies]]
name = "scalping"
parameters.fast = 3
parameters.slow = 8
parameters.rsi_overbought = 95
parameters.rsi_oversold = 5
parameters.session_bars = 1
parameters.pullback_atrs = 1.0
"""
"""Periods of a few candles and wide limits: most instruments have a signal every few minutes."""
