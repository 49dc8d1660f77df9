"""Every error this project raises on purpose.

WhenceError
├── InvalidInput            input from outside is malformed or out of range; nothing was recorded
│   ├── InvalidTape         a candle file: names file, row and fault
│   ├── UnknownQuote        the quote currency of a symbol is not known; the message states how to name it
│   ├── InvalidSettings     a setting out of range, unknown or missing
│   ├── ModelMissing        the file of a model is not in the folder of models, or cannot be read
│   ├── ModelChanged        the file of a model has other bytes than those that were registered
│   └── InvalidEvent        an event with an invalid value: NaN, naive time, too many digits
├── Refused                 a business rule refuses a command; nothing changed
│   ├── RefusedForNow       a rule refuses a command at present; the same command may be accepted a little later
│   ├── AccountNotOpened    the account has no opening on record
│   └── InstrumentNotListed the instrument has no rules on record
├── LogError                the log cannot perform the operation
│   ├── Conflict            that version of the stream is already taken
│   ├── LogOwned            another engine owns this log; the message names it
│   ├── OwnershipLost       this engine was the owner and no longer is
│   ├── LogLost             recorded events are not in the store any more; nobody can resume this log
│   ├── LogUnavailable      the store behind the log does not answer
│   │   └── LogReadOnly     this process may read the log, but not write it
│   ├── LogCorrupt          a record breaks an invariant of the log
│   │   └── MarkRefused     an event has no valid mark, so it was not written by this installation
│   ├── NotAdopted          another storage continues the log, or it is a copy that nobody has adopted
│   ├── NotSealed           events of the log were written before marks; `whence log seal` accepts them
│   ├── KeyRefused          a key file can be read by others, cannot be read or holds no key
│   │   ├── KeyMissing      the key of the log's marks is not in the folder of keys
│   │   └── KeyDamaged      a file in the folder of keys does not hold the key that it is named after
│   ├── LogUnsafe           the store's own settings would lose events
│   ├── UnknownSchema       a record was written with a schema that is not available here
│   └── SchemaRefused       the registry refuses a schema that is incompatible with those it has
├── StoreError              the store of the read models cannot perform the operation; the log is unchanged
│   ├── StoreUnavailable    the database behind it does not answer
│   ├── StoreReplaced       its file was replaced or removed under this process
│   ├── StoreChanged        it holds a value that this program never writes
│   └── StoreTooNew         a later version of the program set the store up
├── ExchangeError           the exchange did not execute a request, or did not report whether it did
│   ├── ExchangeUnreachable the request did not arrive, so it was not executed
│   ├── ExchangeRefused     the exchange refused the request, so it was not executed
│   └── OutcomeUnknown      the request may have been executed; only a query or a report can show it
├── TooSlow                 a subscriber fell too far behind the log; the message names the ordinal to resume after
├── NotAllowed              the caller's role does not permit the request; nothing was done
│   └── Unauthenticated     the request has no identity and needs one
├── ProofRefused            a signature, proof or checkpoint is not valid for what it states
├── StrategyFailed          a strategy raised on a candle, so its proposal is not known
├── TapeMismatch            this log was not made from this tape and these settings
├── SecretsUnavailable      the keyring or Vault that holds a secret does not answer; the message holds no secret
├── ModelsUnavailable       the object store of model files does not answer, or refuses; the message holds no secret
├── BackupUnavailable       the place of backups does not answer, is full or refuses; no backup there has changed
├── MissingParts            required programs are not installed; the message names all of them
├── BuildFailed             files built from third-party packages could not be built; the message quotes why
└── ServerFailed            a development server did not start, or does not answer
"""

from __future__ import annotations


class WhenceError(Exception):
    """The base class of every error that the project raises on purpose."""


class InvalidInput(WhenceError):
    """Input from outside is malformed or out of range; nothing was recorded."""


class InvalidTape(InvalidInput):
    """A candle file that cannot be traded. Carries the file, the row (1 = header) and the fault."""

    def __init__(self, file: str, row: int | None, fault: str) -> None:
        self.file, self.row, self.fault = file, row, fault
        where = file if row is None else f"{file}, row {row}"
        super().__init__(f"{where}: {fault}")


class UnknownQuote(InvalidInput):
    """The quote currency of a symbol is unknown or ambiguous; the message states how to name it."""


class InvalidSettings(InvalidInput):
    """A setting that is out of range, unknown or missing."""


class ModelMissing(InvalidInput):
    """The file of a model is not in the folder of models, or cannot be read; the message names it."""


class ModelChanged(InvalidInput):
    """The file of a model has other bytes than those that were registered; the message names it and both hashes."""


class InvalidEvent(InvalidInput):
    """An event has an invalid value: NaN, a time without a zone, more digits than the instrument allows."""


class Refused(WhenceError):
    """A business rule refuses a command; no state changed and nothing was recorded."""


class RefusedForNow(Refused):
    """A rule refuses a command at present, and what it lacks may come by itself: a price, the right time of a clock."""


class AccountNotOpened(Refused):
    """The account has no opening on record, so its balance is not known."""


class InstrumentNotListed(Refused):
    """The instrument has no rules on record, so its tick, lot and fees are not known."""


class LogError(WhenceError):
    """The log cannot perform the operation."""


class Conflict(LogError):
    """That version of the stream is already taken; the command must be decided again on fresh state."""


class LogOwned(LogError):
    """Another process owns this log; the message names it. `holder` is that process alone, where it is known."""

    def __init__(self, message: str, holder: str = "") -> None:
        super().__init__(message)
        self.holder = holder


class OwnershipLost(LogError):
    """Another engine took this log over; this engine may only read it."""


class LogLost(LogError):
    """Events that were recorded are not in the store any more: the log was deleted, replaced or cut under its owner.

    Nobody can resume it; the message states what happened.
    """


class LogUnavailable(LogError):
    """The store behind the log does not answer; no event is known to be lost."""


class LogReadOnly(LogUnavailable):
    """The log is on a read-only file system, or this user may not write it; it can be read."""


class LogCorrupt(LogError):
    """A record breaks an invariant of the log: a version out of order, bytes that do not decode."""


class MarkRefused(LogCorrupt):
    """An event has no valid mark: it was written, changed or moved without this installation's key."""


class NotSealed(LogError):
    """The log has events from before marks, which a person accepts once with `whence log seal`."""


class KeyRefused(LogError):
    """A key file that other users can read or write, that cannot be read, or that holds no key."""


class KeyDamaged(KeyRefused):
    """A file in the folder of keys does not hold the key that it is named after."""


class KeyMissing(KeyRefused):
    """The key that a log's marks were made with is not in the folder of keys; the message names its id."""


class NotAdopted(LogError):
    """The log continues in another storage, or it is a copy that nobody has adopted: it can be read, not written."""


class LogUnsafe(LogError):
    """The store is configured so that it would lose events; the message holds the setting that corrects it."""


class UnknownSchema(LogError):
    """A record was written with a schema that is neither in `schemas/` nor in the registry."""


class SchemaRefused(LogError):
    """The registry refuses a schema that would break readers of the registered ones."""


class StoreError(WhenceError):
    """The store of the read models cannot perform the operation; the log is unchanged."""


class RecordingError(WhenceError):
    """A recording of a market cannot be read or written."""


class StoreUnavailable(StoreError):
    """The database behind the store does not answer; the message never holds its password."""


class StoreReplaced(StoreError):
    """The file of the store is not the one that this process has opened; only a restart helps."""


class StoreChanged(StoreError):
    """The store holds a value that this program never writes."""


class StoreTooNew(StoreError):
    """A later version of the program set the store up; this version cannot read its tables."""


class ExchangeError(WhenceError):
    """The exchange did not execute a request, or did not report whether it did."""


class ExchangeUnreachable(ExchangeError):
    """The request did not arrive (connection refused, address not found), so it was not executed."""


class ExchangeRefused(ExchangeError):
    """The exchange refused the request, so it was not executed. The message holds the refusal code."""


class OutcomeUnknown(ExchangeError):
    """The request was sent and its outcome is unknown: a timeout, a lost connection, a 5xx, an unreadable body."""


class TooSlow(WhenceError):
    """A subscriber fell behind by more events than its buffer holds; `ordinal` is that of its last received event."""

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        super().__init__(
            f"you fell too far behind and were dropped; subscribe again after ordinal {ordinal}, nothing is lost"
        )


class NotAllowed(WhenceError):
    """The caller's role does not permit the request; nothing was done."""


class Unauthenticated(NotAllowed):
    """The request has no identity and needs one; nothing was done."""


class ProofRefused(WhenceError):
    """A signature, a proof or a checkpoint is not valid for what it states; the message names what differs."""


class StrategyFailed(WhenceError):
    """A strategy raised an exception on a candle; the message names the strategy and the candle."""


class TapeMismatch(WhenceError):
    """The log was not made from this tape and these settings."""


class SecretsUnavailable(WhenceError):
    """The place of a secret does not answer: a locked keyring, a sealed Vault. The message holds no secret."""


class ModelsUnavailable(WhenceError):
    """The object store of model files does not answer, or refuses; the message holds no secret."""


class BackupUnavailable(WhenceError):
    """The place of backups does not answer, is full or refuses; the message holds no secret, and no backup changed."""


class MissingParts(WhenceError):
    """Required programs are not installed; the message names all of them and how to get them."""


class BuildFailed(WhenceError):
    """Files built from third-party packages could not be built; the message holds the end of the builder's output."""


class ServerFailed(WhenceError):
    """A development server or a process of the program did not start, does not answer, or ended again and again."""
