"""The owner of a position: the strategy instance of the signal that opened its chain, a scanner, or a person."""

PERSON = "person"
"""The owner of positions entered by hand; no strategy and no scanner may have this name."""
