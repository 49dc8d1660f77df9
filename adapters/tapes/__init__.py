"""Tapes: recorded and synthetic candles. A tape is read completely and checked before it is used."""

from adapters.tapes.candle_file import read_recording, read_tape, read_tapes
from adapters.tapes.gaps import Gap
from adapters.tapes.merge import merge
from adapters.tapes.recording import Recording
from adapters.tapes.synthetic import synthetic_tape
from adapters.tapes.tape import Tape, tape_identity

__all__ = [
    "Gap",
    "Recording",
    "Tape",
    "merge",
    "read_recording",
    "read_tape",
    "read_tapes",
    "synthetic_tape",
    "tape_identity",
]
