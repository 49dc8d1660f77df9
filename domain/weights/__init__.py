"""Weights of strategies: which entries are scaled, and how weights follow from results."""
