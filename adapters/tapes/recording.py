"""A recording: a tape that was read from a file, with what the file showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.tapes.funding import Funding
from adapters.tapes.tape import Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`form` names the file's format, `packing` its archive (`gzip`, `zip`, empty), `rows` counts its rows of candles.

    `repeats` and `unconfirmed` are the numbers of rows that were left out, `unfinished` counts candles that were left
    out because they were not complete. `silent`: the volume of every candle is 0. `funding` is None where the file has
    no funding rate.
    """

    tape: Tape
    form: str
    packing: str
    rows: int
    repeats: Sequence[int]
    unconfirmed: Sequence[int]
    unfinished: int
    silent: bool
    funding: Funding | None
