"""A tape: the candles of one instrument, in order, and what a person must be told about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from msgspec.structs import astuple

from adapters.tapes.gaps import Gap
from domain.candle import Candle, interval_name


@dataclass(frozen=True, slots=True)
class Tape:
    """Candles of one instrument and interval, open times strictly rising, all of them over.

    `gaps` are the holes, never filled. `notes` are sentences a person must see. `path` is None and `recipe`
    names model, seed and parameters where the tape is synthetic; else `recipe` is empty.
    """

    instrument: str
    interval: timedelta
    candles: tuple[Candle, ...]
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    path: Path | None = None
    synthetic: bool = False
    recipe: str = ""


def tape_identity(tapes: Iterable[Tape]) -> str:
    """64 hexadecimal digits (SHA-256) that name these tapes, in whatever order they are given.

    Made of each tape's instrument, interval, recipe and first candle, so a tape that grew at its end, or lies
    elsewhere, is still the same tape; one that starts elsewhere, or says another figure there, is not.
    """
    return sha256("\n".join(sorted(map(_line, tapes))).encode()).hexdigest()


def _line(tape: Tape) -> str:
    first = "|".join(map(str, astuple(tape.candles[0])))
    return f"{tape.instrument}|{interval_name(tape.interval)}|{tape.recipe}|{first}"
