"""A tape: the candles of one instrument in order of time, with notes for the user."""

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
    """Complete candles of one instrument and interval, with strictly rising open times.

    `gaps` are missing candles; they are not filled. `notes` are sentences to show to the user. Of a synthetic tape,
    `recipe` names model, seed and parameters and `path` is None; of a recorded tape, `recipe` is empty.
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
    """64 hexadecimal digits (SHA-256) that identify these tapes in any order.

    The hash covers each tape's instrument, interval, recipe and first candle. A tape that was extended at its end or
    moved to another path keeps its identity; a tape with another first candle does not.
    """
    return sha256("\n".join(sorted(map(_line, tapes))).encode()).hexdigest()


def _line(tape: Tape) -> str:
    first = "|".join(map(str, astuple(tape.candles[0])))
    return f"{tape.instrument}|{interval_name(tape.interval)}|{tape.recipe}|{first}"
