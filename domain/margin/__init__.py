"""Margin protection: how much of the balance may be margin, and how far a stop is from liquidation."""
