"""Dead letters in tables: a SQLite file beside the log, or the log's PostgreSQL database."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from adapters.dead_letters.changes import Change, applied
from adapters.dead_letters.letter import Arrival, DeadLetter, unchanged
from adapters.dead_letters.signing import LetterSigner
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import Counts, Wanted, not_believed, overtaken, unknown
from adapters.dead_letters.table import CHANGES, LETTERS, METADATA, ORIGINALS, SIGNATURES
from adapters.marks.key_folder import KeyFolder
from domain.errors import StoreChanged
from projections.answering import answering
from projections.store import insert_unless_there, reading, writing

_log = logging.getLogger(__name__)
_R = TypeVar("_R", DeadLetter, Change)
_ONE_AT_A_TIME = 0x6C_65_74_74_65_72
"""PostgreSQL's advisory lock for the creation of the tables: the letters of `letter`."""


class TableLetters:
    """`engine` is prepared by `projections.store.prepare`; `close` disposes of it. See `DeadLetters`."""

    def __init__(self, engine: Engine, keys: KeyFolder) -> None:
        """Creates missing tables. Raises StoreError."""
        self._engine, self._signer = engine, LetterSigner(keys)
        self._logged = set[str]()
        with answering(engine), writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            METADATA.create_all(connection)
            _add_missing_columns(connection)

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """See `DeadLetters.keep`. It is one transaction: where it raises, none of them is kept."""
        letters = [self._row(arrival) for arrival in arrivals]
        originals = [{"letter": letter.id, "original": original} for letter, original in arrivals]
        if not letters:
            return
        with answering(self._engine), writing(self._engine) as connection:
            connection.execute(insert_unless_there(connection, LETTERS), letters)
            connection.execute(insert_unless_there(connection, ORIGINALS), originals)

    def letters(self, wanted: Wanted = Wanted()) -> Sequence[DeadLetter]:  # noqa: B008 - it is frozen
        """See `DeadLetters.letters`. States are compared after they were verified, so the rows do not hide a letter."""
        found = select(LETTERS).order_by(LETTERS.c.received_at.desc(), LETTERS.c.id)
        if wanted.source is not None:
            found = found.where(LETTERS.c.source == wanted.source.value)
        if wanted.is_due:
            found = found.where(LETTERS.c.is_due.is_(True))
        with self._reading() as connection:
            verified = (self._verified(connection, row) for row in connection.execute(found).mappings())
            return list(islice(filter(wanted.has, verified), wanted.most))

    def letter(self, letter_id: str) -> DeadLetter:
        """See `DeadLetters.letter`."""
        with self._reading() as connection:
            return self._verified(connection, _found(connection, letter_id))

    def original(self, letter_id: str) -> bytes:
        """See `DeadLetters.original`."""
        letter, original = self.letter(letter_id), self.unverified(letter_id)
        self._signer.check(letter, original)
        return original

    def unverified(self, letter_id: str) -> bytes:
        """See `DeadLetters.unverified`."""
        found = select(ORIGINALS.c.original).where(ORIGINALS.c.letter == letter_id)
        with self._reading() as connection:
            _found(connection, letter_id)
            original = connection.scalar(found)
        return b"" if original is None else bytes(original)

    def changes(self, letter_id: str) -> Sequence[Change]:
        """See `DeadLetters.changes`."""
        with self._reading() as connection:
            return [change for change, reason in self._judged(connection, letter_id) if not reason]

    def refused(self, letter_id: str) -> Sequence[str]:
        """See `DeadLetters.refused`."""
        with self._reading() as connection:
            row = _found(connection, letter_id)
            found = [
                not_believed(change, reason)
                for change, reason in self._judged(connection, letter_id)
                if reason
            ]
            is_vouched = self._signer.is_vouched(_read(row, DeadLetter), row["change_signature"])
            if not found and not is_vouched:
                found = [f"the state {row['state']} of letter {letter_id} is not that of its changes"]
        return found

    def change(self, change: Change) -> DeadLetter:
        """See `DeadLetters.change`."""
        signature = self._signer.signature(change)
        after = {
            "state": change.state.value,
            "retries": change.retries,
            "is_due": change.is_due,
            "changes": change.number,
            "changed_at": change.at,
            "changed_by": change.by,
            "note": change.note,
            "change_signature": signature,
        }
        with answering(self._engine), writing(self._engine) as connection:
            row = _found(connection, change.letter)
            here = (LETTERS.c.id == change.letter) & (LETTERS.c.changes == row["changes"])
            is_next = self._verified(connection, row).changes + 1 == change.number
            if not is_next or not connection.execute(update(LETTERS).where(here).values(after)).rowcount:
                raise overtaken(change.letter)
            # Only a change that is not believed can have this number, or a later one.
            connection.execute(delete(CHANGES).where(_from(change)))
            connection.execute(insert(CHANGES).values(_values(change) | {"signature": signature}))
            return _read(_found(connection, change.letter), DeadLetter)

    def counts(self) -> Counts:
        """See `DeadLetters.counts`."""
        of = (LETTERS.c.source, LETTERS.c.state)
        with self._reading() as connection:
            rows = connection.execute(select(*of, func.count().label("letters")).group_by(*of)).all()
        return {_pair(row.source, row.state): row.letters for row in rows}

    def close(self) -> None:
        """See `DeadLetters.close`."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        """Raises StoreChanged for a value of a kind that its column never holds."""
        try:
            with answering(self._engine), reading(self._engine) as connection:
                yield connection
        except StoreChanged:
            raise _changed() from None

    def _row(self, arrival: Arrival) -> dict[str, Any]:
        return _values(self._signer.signed(arrival))

    def _verified(self, connection: Connection, row: RowMapping) -> DeadLetter:
        """The letter after the changes that this installation made, whatever state the row has."""
        letter = _read(row, DeadLetter)
        if self._signer.is_vouched(letter, row["change_signature"]):
            return letter
        self._report(f"the state {letter.state} of letter {letter.id} is not believed: it is not signed")
        letter = unchanged(letter)
        for change, reason in self._judged(connection, letter.id):
            if not reason:
                letter = applied(letter, change) or letter
        return letter

    def _judged(self, connection: Connection, letter_id: str) -> Iterator[tuple[Change, str]]:
        """The changes of the letter in their order, each with the reason why it is not believed, or an empty text."""
        found = select(CHANGES).where(CHANGES.c.letter == letter_id).order_by(CHANGES.c.number)
        for row in connection.execute(found).mappings().all():
            change = _read(row, Change)
            yield change, self._signer.refusal(change, row["signature"])

    def _report(self, sentence: str) -> None:
        """Logs it once."""
        if sentence not in self._logged:
            self._logged.add(sentence)
            _log.warning("%s", sentence)


def _values(record: DeadLetter | Change) -> dict[str, Any]:
    fields = msgspec.structs.asdict(record)
    return {
        name: value.value if isinstance(value, LetterSource | LetterState) else value
        for name, value in fields.items()
    }


def _found(connection: Connection, letter_id: str) -> RowMapping:
    row = connection.execute(select(LETTERS).where(LETTERS.c.id == letter_id)).mappings().one_or_none()
    if row is None:
        raise unknown(letter_id)
    return row


def _from(change: Change) -> ColumnElement[bool]:
    return (CHANGES.c.letter == change.letter) & (CHANGES.c.number >= change.number)


def _add_missing_columns(connection: Connection) -> None:
    """Adds the columns of signatures to tables of an earlier version; its changes are not signed, so none counts."""
    for column in SIGNATURES:
        table = column.table
        assert isinstance(table, Table)
        if column.name not in {one["name"] for one in inspect(connection).get_columns(table.name)}:
            kind = column.type.compile(connection.dialect)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))


def _pair(source: str, state: str) -> tuple[LetterSource, LetterState]:
    try:
        return LetterSource(source), LetterState(state)
    except ValueError:
        raise _changed() from None


def _read(row: RowMapping, kind: type[_R]) -> _R:
    """The record of a row. Raises StoreChanged where its values were changed to others than the program writes."""
    try:
        return msgspec.convert(
            {str(name): value for name, value in row.items()}, kind, builtin_types=(bytes, datetime)
        )
    except msgspec.ValidationError:
        raise _changed() from None


def _changed() -> StoreChanged:
    return StoreChanged(
        "a row of the dead letters holds values that this program never writes: it was changed from outside; restore "
        "the tables dead_letters, dead_letter_originals and dead_letter_changes from a backup, or delete that row"
    )
