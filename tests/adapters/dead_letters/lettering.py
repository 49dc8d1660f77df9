"""Letters for the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.dead_letters.letter import Arrival, arrival
from adapters.dead_letters.state import LetterSource

NOON = datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC)
ODD = bytes(range(256)) + "\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}".encode() + b"\x00\xff\xfe\x1b[2J"


def came(
    number: int = 0,
    original: bytes = b"{",
    source: LetterSource = LetterSource.EXCHANGE,
    place: str = "bybit",
    reason: str = "it is not JSON",
) -> Arrival:
    """The letter of a message that came `number` seconds after noon."""
    at = NOON + timedelta(seconds=number)
    return arrival(source, place, at, reason, original, key=f"{at.isoformat()} {number}")
