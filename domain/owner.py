"""The owner of a position: a person, or the strategy instance or scanner whose signal led to the position."""

PERSON = "person"
"""The owner of positions entered by hand; no strategy and no scanner may have this name."""
