"""Dead letters in tables: a SQLite file beside the log, or the log's PostgreSQL database."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from adapters.dead_letters.changes import Change
from adapters.dead_letters.letter import Arrival, DeadLetter, SignedLetter
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import Counts, Wanted, check_signed, overtaken, unknown
from adapters.dead_letters.table import CHANGES, LETTERS, METADATA, ORIGINALS
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from domain.errors import StoreError
from projections.answering import answering
from projections.store import insert_unless_there, reading, writing

_R = TypeVar("_R", DeadLetter, Change)
_ONE_AT_A_TIME = 0x6C_65_74_74_65_72
"""PostgreSQL's advisory lock for the creation of the tables: the letters of `letter`."""


class TableLetters:
    """`engine` is prepared by `projections.store.prepare`; `close` disposes of it. See `DeadLetters`."""

    def __init__(self, engine: Engine, keys: KeyFolder) -> None:
        """Creates missing tables. Raises StoreError."""
        self._engine, self._keys = engine, keys
        with answering(engine), writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            METADATA.create_all(connection)

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
        """See `DeadLetters.letters`."""
        found = select(LETTERS).order_by(LETTERS.c.received_at.desc(), LETTERS.c.id).limit(wanted.most)
        if wanted.source is not None:
            found = found.where(LETTERS.c.source == wanted.source.value)
        if wanted.states is not None:
            found = found.where(LETTERS.c.state.in_([state.value for state in wanted.states]))
        if wanted.is_due is not None:
            found = found.where(LETTERS.c.is_due.is_(wanted.is_due))
        with self._reading() as connection:
            return [_read(row, DeadLetter) for row in connection.execute(found).mappings()]

    def letter(self, letter_id: str) -> DeadLetter:
        """See `DeadLetters.letter`."""
        with self._reading() as connection:
            return _found(connection, letter_id)

    def original(self, letter_id: str) -> bytes:
        """See `DeadLetters.original`."""
        letter, original = self.letter(letter_id), self.unverified(letter_id)
        check_signed(self._signer, letter, original)
        return original

    def unverified(self, letter_id: str) -> bytes:
        """See `DeadLetters.unverified`."""
        found = select(ORIGINALS.c.original).where(ORIGINALS.c.letter == letter_id)
        with self._reading() as connection:
            original = connection.scalar(found)
        if original is None:
            raise unknown(letter_id)
        return bytes(original)

    def changes(self, letter_id: str) -> Sequence[Change]:
        """See `DeadLetters.changes`."""
        found = select(CHANGES).where(CHANGES.c.letter == letter_id).order_by(CHANGES.c.number)
        with self._reading() as connection:
            return [_read(row, Change) for row in connection.execute(found).mappings()]

    def change(self, change: Change) -> DeadLetter:
        """See `DeadLetters.change`."""
        here = (LETTERS.c.id == change.letter) & (LETTERS.c.changes == change.number - 1)
        after = {
            "state": change.state.value,
            "retries": change.retries,
            "is_due": change.is_due,
            "changes": change.number,
            "changed_at": change.at,
            "changed_by": change.by,
            "note": change.note,
        }
        with answering(self._engine), writing(self._engine) as connection:
            before = _found(connection, change.letter)
            if not connection.execute(update(LETTERS).where(here).values(after)).rowcount:
                raise overtaken(before.id)
            try:
                connection.execute(insert(CHANGES).values(_values(change)))
            except IntegrityError:
                raise overtaken(before.id) from None
            return _found(connection, change.letter)

    def counts(self) -> Counts:
        """See `DeadLetters.counts`."""
        of = (LETTERS.c.source, LETTERS.c.state)
        with self._reading() as connection:
            rows = connection.execute(select(*of, func.count().label("letters")).group_by(*of)).all()
        return {_pair(row.source, row.state): row.letters for row in rows}

    @cached_property
    def _signer(self) -> Signer:
        """Made when something is signed or checked, because it makes the installation's first key."""
        return Signer(self._keys)

    def close(self) -> None:
        """See `DeadLetters.close`."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with answering(self._engine), reading(self._engine) as connection:
            yield connection

    def _row(self, arrival: Arrival) -> dict[str, Any]:
        signature = self._signer.signature(SignedLetter(*arrival))
        return {**_values(arrival.letter), "signature": signature}


def _values(record: DeadLetter | Change) -> dict[str, Any]:
    fields = msgspec.structs.asdict(record)
    return {
        name: value.value if isinstance(value, LetterSource | LetterState) else value
        for name, value in fields.items()
    }


def _found(connection: Connection, letter_id: str) -> DeadLetter:
    row = connection.execute(select(LETTERS).where(LETTERS.c.id == letter_id)).mappings().one_or_none()
    if row is None:
        raise unknown(letter_id)
    return _read(row, DeadLetter)


def _pair(source: str, state: str) -> tuple[LetterSource, LetterState]:
    try:
        return LetterSource(source), LetterState(state)
    except ValueError:
        raise _changed() from None


def _read(row: RowMapping, kind: type[_R]) -> _R:
    """The record of a row. Raises StoreError where its values were changed to others than the program writes."""
    try:
        return msgspec.convert(
            {str(name): value for name, value in row.items()}, kind, builtin_types=(bytes, datetime)
        )
    except msgspec.ValidationError:
        raise _changed() from None


def _changed() -> StoreError:
    return StoreError(
        "a row of the dead letters holds values that this program never writes: it was changed from outside"
    )
