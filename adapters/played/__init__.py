"""The record of the candles that were played on a log: a tracking record beside the log, which is no part of it."""

from __future__ import annotations

from adapters.played.record import NOTHING_PLAYED, PlayedCandles, PlayedStore
from adapters.played.sqlite import SqlitePlayed

__all__ = ["NOTHING_PLAYED", "PlayedCandles", "PlayedStore", "SqlitePlayed"]
