"""Where a dead letter came from, and what became of it; the command line names these words, so nothing is imported."""

from __future__ import annotations

from enum import StrEnum


class LetterSource(StrEnum):
    """A message of an exchange about our account, a message of its market data, a record in the topic of a log, or a
    request on the command topic."""

    EXCHANGE = "EXCHANGE"
    MARKET = "MARKET"
    RECORD = "RECORD"
    COMMAND = "COMMAND"


class LetterState(StrEnum):
    """NEW, RETRIED in vain, PERMANENT after the last retry, DISCARDED by a person, or RESOLVED: understood."""

    NEW = "NEW"
    RETRIED = "RETRIED"
    PERMANENT = "PERMANENT"
    DISCARDED = "DISCARDED"
    RESOLVED = "RESOLVED"


OPEN = frozenset({LetterState.NEW, LetterState.RETRIED, LetterState.PERMANENT})
"""The states of letters that nobody has dealt with."""
