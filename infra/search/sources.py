"""Hashes of what a backtest is made of: its candles, and the source of its strategies."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from adapters.tapes import Tape
from domain.candle_hash import candle_bytes
from domain.settings import Settings
from infra.trading import strategy_of


def candles_hash(tapes: Sequence[Tape]) -> str:
    """64 hexadecimal digits (SHA-256) of every candle of the tapes."""
    found = sha256()
    for tape in sorted(tapes, key=lambda one: one.instrument):
        for candle in tape.candles:
            found.update(candle_bytes(candle))
    return found.hexdigest()


def code_hashes(settings: Settings) -> Iterator[tuple[str, str]]:
    """A hash of the source of each strategy: of all files beside it where its module is in a package."""
    for one in settings.strategies:
        kind = type(strategy_of(one))
        file = inspect.getsourcefile(kind)
        if file is None:
            continue
        path = Path(file)
        files = sorted(path.parent.glob("*.py")) if "." in kind.__module__ else [path]
        yield one.kind, sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:16]
