"""The search of `whence optimise`: backtests of many settings on a part of a market, and of the best on the rest."""
