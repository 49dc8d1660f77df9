"""How many feature rows of an instrument a model can read."""

from __future__ import annotations

from typing import Final

MOST_ROWS: Final = 32
"""The most rows, the signal's own included; the engine keeps no more."""
