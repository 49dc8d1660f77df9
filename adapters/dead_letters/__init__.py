"""Dead letters: what came from outside and could not be understood, kept with the reason and the original bytes.

The letters of a log are beside it: in a SQLite file, in tables of the log's PostgreSQL database, or in a Kafka topic.
A parked event (`projections.parked`) is something else: a valid event of the log that a read model could not fold.
"""

from __future__ import annotations

from adapters.dead_letters.changes import MOST_RETRIES, Change
from adapters.dead_letters.letter import (
    MOST_BYTES,
    OPEN,
    Arrival,
    DeadLetter,
    LetterSource,
    LetterState,
    arrival,
)
from adapters.dead_letters.store import DeadLetters, Wanted

__all__ = [
    "MOST_BYTES",
    "MOST_RETRIES",
    "OPEN",
    "Arrival",
    "Change",
    "DeadLetter",
    "DeadLetters",
    "LetterSource",
    "LetterState",
    "Wanted",
    "arrival",
]
