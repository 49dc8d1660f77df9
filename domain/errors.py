"""Every error this project raises on purpose.

WhenceError
├── InvalidInput            what came from outside is not what it claims to be; nothing was recorded
│   ├── InvalidTape         a candle file: names file, row and fault
│   ├── InvalidSettings     a setting out of range, unknown or missing
│   └── InvalidEvent        an event that would be a lie: NaN, naive time, too many digits
├── Refused                 the business says no to a command; nothing changed
│   ├── AccountNotOpened    there is no money on record to trade with
│   └── InstrumentNotListed there are no rules on record to trade by
├── LogError                the log cannot do what was asked
│   ├── Conflict            that version of the stream is already taken
│   ├── LogOwned            another engine owns this log; the message says which
│   ├── OwnershipLost       this engine was the owner and no longer is
│   ├── LogUnavailable      the store behind the log does not answer
│   ├── LogCorrupt          a record breaks the promise of the log
│   ├── LogUnsafe           the store's own settings would lose events
│   ├── UnknownSchema       a record was written by a schema nobody here has
│   └── SchemaRefused       the registry will not take a schema that breaks those it has
├── StoreError              the store of the read models cannot do what was asked; the log is as it was
│   ├── StoreUnavailable    the database behind it does not answer
│   └── StoreTooNew         a later version of the program has set it up
├── ExchangeError           the exchange did not do what was sent, or did not say whether it did
│   ├── ExchangeUnreachable nothing arrived there: it was not done
│   ├── ExchangeRefused     a structured refusal arrived: proof that it was not done
│   └── OutcomeUnknown      it may or may not have been done; only a query or a report tells
├── TooSlow                 who follows the log fell too far behind; the message says where to go on from
├── NotAllowed              the caller's role does not reach that far; nothing was done
│   └── Unauthenticated     nobody has said who asks, and that is needed for this
├── StrategyFailed          a strategy raised on a candle; what it would have said nobody knows
├── TapeMismatch            this log was not made from this tape and these settings
├── MissingParts            a program this machine needs is not installed; the message names all of them
├── BuildFailed             what is built from other people's packages could not be; the message quotes why
└── ServerFailed            a development server did not start, or does not answer
"""

from __future__ import annotations


class WhenceError(Exception):
    """Base of the tree: catch this to catch whatever the project raises on purpose."""


class InvalidInput(WhenceError):
    """What came from outside is not what it claims to be; nothing was recorded."""


class InvalidTape(InvalidInput):
    """A candle file that cannot be traded. Carries the file, the row (1 = header) and the fault."""

    def __init__(self, file: str, row: int | None, fault: str) -> None:
        self.file, self.row, self.fault = file, row, fault
        where = file if row is None else f"{file}, row {row}"
        super().__init__(f"{where}: {fault}")


class InvalidSettings(InvalidInput):
    """A setting that is out of range, unknown or missing."""


class InvalidEvent(InvalidInput):
    """An event whose content would be a lie: NaN, a naive time, digits the instrument does not have."""


class Refused(WhenceError):
    """The business says no to a command; no state changed and nothing was recorded."""


class AccountNotOpened(Refused):
    """The account has no opening on record: nobody knows what money there is to trade with."""


class InstrumentNotListed(Refused):
    """The instrument has no rules on record: nobody knows its tick, lot and fees."""


class LogError(WhenceError):
    """The log cannot do what was asked."""


class Conflict(LogError):
    """That version of the stream is already taken: decide again on fresh state."""


class LogOwned(LogError):
    """Another engine owns this log; the message names it."""


class OwnershipLost(LogError):
    """This engine owned the log and was fenced off by another; it may only read."""


class LogUnavailable(LogError):
    """The store behind the log does not answer; nothing is known to be lost."""


class LogCorrupt(LogError):
    """A record breaks what the log promises: a version out of order, bytes that do not decode."""


class LogUnsafe(LogError):
    """The store is set up so that it would lose events; the message holds the line that mends it."""


class UnknownSchema(LogError):
    """A record was written with a schema that is neither in `schemas/` nor in the registry."""


class SchemaRefused(LogError):
    """The registry will not take a schema: it would break readers of those already there."""


class StoreError(WhenceError):
    """The store of the read models cannot do what was asked; the log is as it was."""


class StoreUnavailable(StoreError):
    """The database behind the store does not answer; the message never holds its password."""


class StoreTooNew(StoreError):
    """A later version of the program has set the store up; this one does not know what its tables mean."""


class ExchangeError(WhenceError):
    """The exchange did not do what was sent to it, or did not say whether it did."""


class ExchangeUnreachable(ExchangeError):
    """The request did not arrive at the exchange: a connection refused, an address not found. It was not done."""


class ExchangeRefused(ExchangeError):
    """The exchange responded with a structured refusal: proof that it was not done. The message holds the code."""


class OutcomeUnknown(ExchangeError):
    """The request left and its outcome is not known: a timeout, a connection lost, a 5xx, a body nobody can read."""


class TooSlow(WhenceError):
    """Whoever follows the log fell further behind than is held for it; `ordinal` is the last it was given."""

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        super().__init__(
            f"you fell too far behind and were dropped; subscribe again after ordinal {ordinal}, nothing is lost"
        )


class NotAllowed(WhenceError):
    """The caller's role does not reach that far; nothing was done."""


class Unauthenticated(NotAllowed):
    """Nobody has said who asks, and that is needed for this; nothing was done."""


class StrategyFailed(WhenceError):
    """A strategy raised on a candle; the message names both."""


class TapeMismatch(WhenceError):
    """The log on record was not made from this tape and these settings."""


class MissingParts(WhenceError):
    """Programs that this machine needs and does not have; the message names them all and how to get them."""


class BuildFailed(WhenceError):
    """Files built from other people's packages could not be made; the message holds the builder's last words."""


class ServerFailed(WhenceError):
    """A development server did not start or does not answer; the message holds the end of its log."""
