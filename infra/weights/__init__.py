"""Weights of strategies: fitted from logs and backtests, tried walk-forward, and put in force."""
