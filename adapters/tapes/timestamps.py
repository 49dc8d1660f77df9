"""The spellings of times in candle files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = {10: 1_000_000, 13: 1_000, 16: 1}
_NANOSECOND_DIGITS = 19
# Between 2009 and 2100 a count of seconds has 10 digits, of milliseconds 13, of microseconds 16, of nanoseconds 19, so
# the unit is unambiguous.
_COUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?([eE]\+?[0-9]{1,2})?")
_DOTTED = re.compile(r"([0-9]{4})([./])([0-9]{2})\2([0-9]{2})(?![0-9])")
_HALF_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) (0[1-9]|1[0-2])-(AM|PM)")
_DAY_FIRST = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2,4}")
_CLOCK = re.compile(r"[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9])?")
_ZONES = (" UTC", " GMT")
_FORMS = "neither a count of (milli)seconds since 1970 nor ISO 8601"


def instant(text: str) -> datetime:
    """The time; without a zone where the text has none.

    Read are counts since 1970 of seconds, milliseconds, microseconds and nanoseconds, as whole numbers or as floats;
    ISO 8601; years first with points or slashes (2024.03.01 00:00); `UTC` at the end; hours such as `05-PM`. Raises
    ValueError with a sentence for the user.
    """
    if _COUNT.fullmatch(text):
        return _of_count(text)
    for zone in _ZONES:
        if text.endswith(zone):
            return instant(text.removesuffix(zone)).replace(tzinfo=UTC)
    if half := _HALF_DAY.fullmatch(text):
        day, hour, part = half.groups()
        return datetime.fromisoformat(day) + timedelta(hours=int(hour) % 12 + 12 * (part == "PM"))
    if _DAY_FIRST.match(text):
        raise ValueError(f"{text!r} may begin with the day or the month: write the time as 2024-03-31 17:05")
    try:
        return datetime.fromisoformat(_DOTTED.sub(r"\1-\3-\4", text, count=1))
    except ValueError:
        raise ValueError(f"{text!r} is not a time: {_FORMS}") from None


def instants(texts: Sequence[str]) -> list[datetime] | None:
    """The times of a whole column at once, in UTC; None where the texts are not all counts with the same unit."""
    digits = len(texts[0])
    joined = "".join(texts)
    if not (joined.isdecimal() and joined.isascii() and set(map(len, texts)) == {digits}):
        return None
    counts = map(int, texts)
    if unit := _MICROSECONDS.get(digits):
        return [_EPOCH + timedelta(microseconds=count * unit) for count in counts]
    if digits == _NANOSECOND_DIGITS and all(text.endswith("000") for text in texts):
        return [_EPOCH + timedelta(microseconds=count // 1_000) for count in counts]
    return None


def iso_instants(texts: Sequence[str]) -> tuple[list[datetime], bool] | None:
    """The times of a whole column of ISO 8601 in UTC, and whether they have no zone and were read as UTC.

    None where a text is not ISO 8601, or the zones are others.
    """
    if any(map(str.isdecimal, texts)):
        # A count can be valid ISO 8601 without separators.
        return None
    try:
        zone = _missing_zone(texts[0])
        read = [datetime.fromisoformat(f"{text}{zone}") for text in texts]
    except ValueError:
        return None
    return (read, bool(zone)) if {time.tzinfo for time in read} == {UTC} else None


def _missing_zone(text: str) -> str:
    """What a text lacks to be a time in UTC. A text that has a zone becomes invalid with a second one."""
    if datetime.fromisoformat(text).tzinfo is not None:
        return ""
    return "+00:00" if ":" in text else "T00:00+00:00"


def is_clock(texts: Sequence[str]) -> bool:
    """Whether the first text is a time of day (00:05 or 00:05:00) without a date."""
    return _CLOCK.fullmatch(texts[0]) is not None


def is_dotted(text: str) -> bool:
    """Whether a text begins with a date such as 2024.03.01, as MetaTrader writes it."""
    found = _DOTTED.match(text)
    return found is not None and found[2] == "."


def _of_count(text: str) -> datetime:
    count = Decimal(text)
    digits = count.adjusted() + 1
    unit = Decimal(1_000_000).scaleb(10 - digits)
    microseconds = count * unit
    if digits not in (*_MICROSECONDS, _NANOSECOND_DIGITS):
        raise ValueError(f"{text!r} is not a time: {_FORMS}")
    whole = int(microseconds)
    if whole != microseconds:
        raise ValueError(f"{text!r} is not a time in whole microseconds: expected open times of candles")
    return _EPOCH + timedelta(microseconds=whole)
