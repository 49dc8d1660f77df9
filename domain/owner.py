"""Whose a position is: the strategy instance of the signal that opened its chain, a scanner, or a person."""

PERSON = "person"
"""The owner of what people enter by hand; no strategy and no scanner may be called so."""
