"""Merges several tapes in order of time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from adapters.tapes.tape import Tape
from domain.candle import Candle
from domain.errors import InvalidInput


def merge(tapes: Iterable[Tape]) -> Iterator[tuple[datetime, Sequence[Candle]]]:
    """Yields each close time (UTC) in rising order, with the candles that close then, in order of instrument.

    The order of `tapes` has no effect, and their intervals may differ.
    Raises InvalidInput at the call where two tapes have the same instrument.
    """
    tapes = tuple(tapes)
    _check_distinct(tape.instrument for tape in tapes)
    return _instants(tapes) if len(tapes) > 1 else _alone(tapes)


def _alone(tapes: Iterable[Tape]) -> Iterator[tuple[datetime, Sequence[Candle]]]:
    return ((candle.close_time, (candle,)) for tape in tapes for candle in tape.candles)


def _instants(tapes: Iterable[Tape]) -> Iterator[tuple[datetime, Sequence[Candle]]]:
    # No two entries have equal time and instrument, so candles are never compared.
    entries = heapq.merge(*map(_entries, tapes))
    for close_time, closing in groupby(entries, key=itemgetter(0)):
        yield close_time, tuple(candle for _, _, candle in closing)


def _entries(tape: Tape) -> Iterator[tuple[datetime, str, Candle]]:
    return ((candle.open_time + tape.interval, tape.instrument, candle) for candle in tape.candles)


def _check_distinct(instruments: Iterable[str]) -> None:
    twice = sorted(instrument for instrument, count in Counter(instruments).items() if count > 1)
    if twice:
        raise InvalidInput(f"more than one tape of {', '.join(twice)}: pass one tape for each instrument")
