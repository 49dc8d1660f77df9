"""Regimes: whether a market has a trend, moves in a range or is volatile, and the settings that follow from it."""
