"""The marks of a log in a database: two tables beside the events, written in the same transaction as the events.

`event_marks` has the mark of each event. `log_head` has one row: a mark of the log's last ordinal and of its mark, so
that the last events cannot be removed together with their marks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple, Protocol

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements
from adapters.log.content import NO_LOG, Content
from adapters.log.epoch import EPOCH, Epoch
from adapters.log.recorder_log import Row
from adapters.log.storage import STORAGE
from adapters.marks.chain import Chain, missing, unsealed
from adapters.marks.key_folder import Keys
from adapters.marks.mark import Link, Mark, Marked, is_genuine, signed_mark
from domain.errors import KeyMissing, LogCorrupt, LogLost, MarkRefused, NotSealed

MARKS: Final = "event_marks"
HEAD: Final = "log_head"
LOG_TABLES: Final = ("stored_events", MARKS, HEAD, EPOCH, STORAGE)
"""The tables of a log in a database."""
_HEAD: Final = Marked("whence-head", 0, "", b"")


class Dialect(NamedTuple):
    """The words in which SQLite and PostgreSQL differ: a placeholder, the types of bytes and of an ordinal, the column
    of the events with the ordinal."""

    value: str
    bytes: str
    number: str
    ordinal: str


SQLITE: Final = Dialect("?", "BLOB", "INTEGER", "rowid")
POSTGRES: Final = Dialect("%s", "BYTEA", "BIGINT", "notification_id")


class MarkedRow(NamedTuple):
    """A stored event with its mark; None where it has none."""

    ordinal: int
    stream: str
    version: int
    type: str
    state: bytes
    mark: bytes | None

    @property
    def row(self) -> Row:
        """The event without its type and its mark."""
        return self.ordinal, self.stream, self.version, self.state

    @property
    def marked(self) -> Marked:
        """What the mark covers."""
        return Marked(self.stream, self.version, self.type, self.state)


_TYPES: Final = (int, str, int, str, bytes)
_COLUMNS: Final = ("ordinal", "stream", "version", "type", "event")


def marked_row(values: Sequence[object]) -> MarkedRow:
    """The row with these columns.

    Raises LogCorrupt, which names the ordinal, where a value has another type: a column of SQLite can hold any.
    """
    mark = values[5]
    if tuple(map(type, values[:5])) != _TYPES or (mark is not None and type(mark) is not bytes):
        raise _mistyped(values)
    return MarkedRow(*values)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (compared above)


def _mistyped(values: Sequence[object]) -> LogCorrupt:
    """The error for the first column whose value has another type than the program writes."""
    named = zip((*_COLUMNS, "mark"), values, (*_TYPES, bytes), strict=True)
    for column, value, expected in named:
        if type(value) is not expected:
            found, right = ("null" if value is None else type(value).__name__), expected.__name__
            return LogCorrupt(
                f"ordinal {values[0]}: its {column} is of type {found} instead of {right}: it was changed from outside"
            )
    raise AssertionError(values)


class Head(NamedTuple):
    """The last ordinal of the events (0: none) and the mark of the head (None: none), read at one moment.

    The mark of a changed row can be of any type.
    """

    ordinal: int
    mark: object


class MarkWriter:
    """A `Companion` that writes the marks of new events, and reads the end of the chain before each append.

    It keeps no chain in memory, so an append with an unknown outcome leaves nothing to correct.
    """

    def __init__(self, dialect: Dialect, keys: Keys, content: Content, link: Link, epoch: Epoch) -> None:
        """`link` is the end of the chain when this process becomes the owner, in its `epoch`."""
        value, ordinal = dialect.value, dialect.ordinal
        self._dialect, self._keys, self._content = dialect, keys, content
        self._log_id, self._epoch = link.log_id, epoch
        last = f"SELECT max({ordinal}) FROM stored_events WHERE {ordinal} < {value}"  # noqa: S608  (ours)
        head = f"SELECT CAST(mark AS {dialect.bytes}) FROM {HEAD}"  # noqa: S608  (ours)
        self._read = f"SELECT ({last}) AS last, ({head}) AS mark"
        self._add = f"INSERT INTO {MARKS} VALUES ({value}, {value})"  # noqa: S608  (ours)
        self._begin = f"INSERT INTO {HEAD} VALUES (1, {value})"  # noqa: S608  (ours)
        self._move = f"UPDATE {HEAD} SET mark = {value}"  # noqa: S608  (ours)

    @property
    def log_id(self) -> bytes:
        """The id of the log that this process owns; zeros before its first event."""
        return self._log_id

    def prepare(self, cursor: Statements) -> None:
        """See `Companion`."""
        for statement in _tables(self._dialect):
            cursor.execute(statement)

    def before(self, cursor: Statements) -> None:
        """Does nothing: the ordinals are not known yet; see `Companion`."""

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Writes the marks.

        Raises MarkRefused where events were inserted from outside, LogLost where they were removed.
        """
        if not ordinals:
            return
        link = self._link(cursor, ordinals[0])
        marked = ((ordinal, _marked(event)) for ordinal, event in zip(ordinals, events, strict=True))
        self.write(cursor, link, marked)

    def write(self, cursor: Statements, link: Link, events: Iterable[tuple[int, Marked]]) -> Link:
        """Writes the marks of the events that follow `link`, and moves the head to the last of them.

        Returns the new end of the chain.
        """
        numbered = list(events)
        chain = Chain(self._keys, self._content.log_id_of, link)
        marks, end = chain.signed(numbered, max(self._epoch.number, link.epoch))
        cursor.executemany(
            self._add, [(ordinal, mark) for (ordinal, _), mark in zip(numbered, marks, strict=True)]
        )
        self._log_id = end.log_id
        cursor.execute(self._move if link.ordinal else self._begin, (self._headed(end),))
        return end

    def begin(self, cursor: Statements, end: Link) -> None:
        """Writes the head of a log whose events have marks up to `end`."""
        self.prepare(cursor)
        cursor.execute(self._begin, (self._headed(end),))

    def clear(self, cursor: Statements) -> None:
        """Removes all marks."""
        self.prepare(cursor)
        for table in (MARKS, HEAD):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  (ours)

    def _headed(self, end: Link) -> bytes:
        """The mark of the head. It is made with the key that signs next, so that key is at hand for the next append."""
        unsigned = Mark(end.key, end.key, end.epoch, end.ordinal, end.code, b"")
        return signed_mark(unsigned, self._keys[end.key], end.log_id, _HEAD).packed

    def _link(self, cursor: Statements, first: int) -> Link:
        cursor.execute(self._read, (first,))
        row = cursor.fetchone()
        head = Head(row["last"] or 0, row["mark"])
        recorded = 0 if head.mark is None else _head_mark(head.mark).ordinal
        if recorded >= first:
            raise LogLost(
                f"events were recorded up to ordinal {recorded}, and the next append was given ordinal {first}: "
                "events were removed from outside"
            )
        return Link() if head == Head(0, None) else link_of(head, self._keys, self._log_id)


def link_of(head: Head, keys: Keys, log_id: bytes) -> Link:
    """The end of the chain at the head.

    Raises MarkRefused where the head is not that of the last event, and KeyMissing.
    """
    if head.mark is None:
        raise MarkRefused(
            f"the mark of the log's head was removed from outside, so it is not proven that ordinal {head.ordinal} is "
            "the last event: compare the log with a copy, then make the mark again with `whence log seal`"
        )
    mark = _head_mark(head.mark)
    key = keys.get(mark.key)
    if key is None:
        raise missing(mark.key)
    if not is_genuine(mark, key, log_id, _HEAD):
        raise MarkRefused("the mark of the log's head was changed from outside")
    if mark.ordinal < head.ordinal:
        raise MarkRefused(f"ordinal {mark.ordinal + 1} has no valid mark: it was inserted from outside")
    if mark.ordinal > head.ordinal:
        raise MarkRefused(f"ordinal {mark.ordinal}, the last event, was removed from outside")
    return Link(log_id, mark.ordinal, mark.previous, mark.epoch, mark.key)


def _head_mark(stored: object) -> Mark:
    """The mark of the head. Raises MarkRefused where it is not one."""
    try:
        return Mark.unpacked(stored)
    except MarkRefused as fault:
        raise MarkRefused(f"the mark of the log's head was changed from outside: {fault}") from None


class Source(Protocol):
    """Reads a log's rows with their marks; one for each technology."""

    def has_marks(self) -> bool:
        """Whether one of the log's tables of marks has rows. Raises LogCorrupt where only one of them is there."""
        ...

    def marked_rows(self, after: int, upto: int) -> Iterable[MarkedRow]:
        """Every row with `after < ordinal <= upto`, in order."""
        ...

    def marked_stream(self, stream: str, after: int) -> Iterable[MarkedRow]:
        """Every row of a stream with `version > after`, in order."""
        ...

    def mark_at(self, ordinal: int) -> object:
        """The last mark up to `ordinal`; ordinals of PostgreSQL have gaps. None where there is none."""
        ...

    def marked_head(self) -> Head:
        """The head."""
        ...

    def storage(self) -> str:
        """Which storage holds the log; empty where that is not known."""
        ...


class Proof:
    """How far the events of a storage are verified, from the first one on; `link` is the chain's end there."""

    def __init__(self, storage: str) -> None:
        """`storage` is its id; empty for the proof of one reader."""
        self.is_own = not storage
        self.link = Link()
        self.lock = Lock()


class Verifier:
    """Verifies the rows of a log as they are read. A log without marks, or without its key here, is not verified."""

    def __init__(self, source: Source, keys: Keys, content: Content) -> None:
        self._source, self._keys, self._content = source, keys, content
        self._has_marks = False
        self._log_id = NO_LOG
        self._owned: Callable[[], bytes] = lambda: NO_LOG
        self._checked: Head | None = None
        self._proof = Proof("")
        self.unknown = b""
        """The id of the key that is not at hand; empty where all keys are."""

    def bind_to(self, owned: Callable[[], bytes]) -> None:
        """Accepts only the log with the id that `owned` returns; zeros: any. Another genuine log may replace it."""
        self._owned = owned

    @property
    def has_marks(self) -> bool:
        """Whether the log has marks, which are never removed again."""
        self._has_marks = self._has_marks or self._source.has_marks()
        return self._has_marks

    def head(self) -> int:
        """The last ordinal. Raises MarkRefused where the last events were removed, or events were inserted."""
        # Marks are looked for first: the first append may come between both queries, and marks are never removed again.
        is_verified = self._is_verified()
        head = self._source.marked_head()
        if is_verified and head != self._checked:
            self._check_head(head)
            self._checked = head
        return head.ordinal

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """The rows with `after < ordinal <= upto`. Raises MarkRefused, which names the ordinal, at a bad mark.

        The rows before are verified first, once in each process.
        """
        if not self._is_verified():
            for row in self._source.marked_rows(after, upto):
                yield row.row
            return
        self._share_proof()
        chain = Chain(self._keys, self._content.log_id_of, self._link_at(after))
        for row in self._source.marked_rows(after, upto):
            self._advance(chain, row)
            yield row.row

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """The rows of a stream. Raises MarkRefused, which names the ordinal, at a bad mark."""
        verified = self._is_verified()
        for row in self._source.marked_stream(stream, after):
            if verified:
                self._confirm(row)
            yield row.row

    def unverified(self) -> str:
        """Why the log's events are not verified; empty where they are, or where there are none."""
        if not self.has_marks:
            events = self._source.marked_head().ordinal
            return unsealed(events) if events else ""
        return "" if self._is_verified() else str(missing(self.unknown))

    def own(self, since: Link = Link()) -> Link:  # noqa: B008  (immutable)
        """The end of the chain, after all events were verified.

        The events up to `since` are taken as verified, where the log has that link; see `link`. The readers of this
        storage in this process then verify only what follows, too.
        Raises NotSealed where the log has events without marks, MarkRefused, and KeyMissing.
        """
        head = self._source.marked_head()
        if not self.has_marks:
            if head.ordinal:
                raise NotSealed(unsealed(head.ordinal))
            return Link()
        begun = since if since.ordinal and self.link(since.ordinal) == since else Link()
        proven = self.end(head.ordinal, begun)
        if begun.ordinal:
            self._share_proof()
            with self._proof.lock:
                self._proof.link = proven
        return link_of(head, self._keys, self._log_id)

    def link(self, ordinal: int) -> Link | None:
        """The chain's end at an ordinal by the mark of the event there, which alone is verified.

        None where no event with a valid mark has this ordinal, or where the log is not verified.
        """
        if not self._is_verified():
            return None
        found = [row for row in self._source.marked_rows(ordinal - 1, ordinal) if row.mark is not None]
        if not found:
            return None
        try:
            self._confirm(found[0])
        except MarkRefused:
            return None
        mark = _mark_of(ordinal, found[0].mark)
        return Link(self._log_id, ordinal, mark.code, mark.epoch, mark.next_key)

    def end(self, upto: int, since: Link = Link()) -> Link:  # noqa: B008  (immutable)
        """The end of the chain after the event at `upto`, whatever the head is; events up to `since` are not read.

        Raises MarkRefused, and KeyMissing also for the key that signs the next event.
        """
        chain = Chain(self._keys, self._content.log_id_of, since)
        if self._is_verified():
            for row in self._source.marked_rows(since.ordinal, upto):
                self._follow(chain, row)
            self._note(chain.link.key)
        if self.unknown:
            raise missing(self.unknown)
        return chain.link

    def _is_verified(self) -> bool:
        if self.unknown or not self.has_marks:
            return False
        if self._log_id == NO_LOG:
            first = self._first()
            found = NO_LOG if first is None else self._content.log_id_of(first.state)
            owned = self._owned()
            self._log_id = found if owned == NO_LOG else owned
            if first is not None and first.mark is not None:
                self._note(_mark_of(first.ordinal, first.mark).key)
        return not self.unknown

    def _first(self) -> MarkedRow | None:
        """The first row; its ordinal is not 1 where PostgreSQL had to repeat the first append."""
        for upto in (1, self._source.marked_head().ordinal):
            for row in self._source.marked_rows(0, upto):
                return row
        return None

    def _check_head(self, head: Head) -> None:
        try:
            link_of(head, self._keys, self._log_id)
        except KeyMissing:
            self._note(Mark.unpacked(head.mark).key)

    def _note(self, key: bytes) -> None:
        self.unknown = self.unknown if key in self._keys else key

    def _follow(self, chain: Chain, row: MarkedRow) -> None:
        if self.unknown:
            return
        try:
            chain.link = chain.verified(row.ordinal, row.mark, row.marked)
        except KeyMissing:
            self._note(chain.link.key)
        except MarkRefused as fault:
            raise MarkRefused(f"ordinal {row.ordinal}: {fault}") from None

    def _confirm(self, row: MarkedRow) -> None:
        """Checks the mark of one event; those before it are verified only where its key is not at hand.

        A forged mark can name any key. The chain shows whether the one before it demands that key.
        """
        mark = _mark_of(row.ordinal, row.mark)
        key = self._keys.get(mark.key)
        if key is None:
            self._verified(Link(), row.ordinal)
        elif mark.ordinal != row.ordinal or not is_genuine(mark, key, self._log_id, row.marked):
            raise MarkRefused(f"ordinal {row.ordinal}: its mark was not made for this event")

    def _advance(self, chain: Chain, row: MarkedRow) -> None:
        """Verifies the row; notes it where all rows before it are verified, too."""
        proof = self._proof
        follows = chain.link == proof.link
        self._follow(chain, row)
        if follows:
            proof.link = chain.link

    def _share_proof(self) -> None:
        """Takes the proof that all readers of this storage in this process share, where the storage has an id."""
        if self._proof.is_own and (storage := self._source.storage()):
            self._proof = _shared(storage)

    def _link_at(self, ordinal: int) -> Link:
        """The end of the chain at `ordinal`, after everything up to there was verified.

        Raises MarkRefused, which names the first ordinal that is not valid.
        """
        if not ordinal:
            return Link()
        with self._proof.lock:
            proven = self._proof.link
            return (self._proven if proven.ordinal < ordinal else self._confirmed)(proven, ordinal)

    def _proven(self, begun: Link, upto: int) -> Link:
        """Verifies the events after those that are proven, or all where the log does not continue them any more."""
        try:
            return self._verified(begun, upto)
        except MarkRefused:
            if not begun.ordinal:
                raise
            self._proof.link = Link()
            return self._verified(Link(), upto)

    def _verified(self, begun: Link, upto: int) -> Link:
        chain = Chain(self._keys, self._content.log_id_of, begun)
        for row in self._source.marked_rows(begun.ordinal, upto):
            self._advance(chain, row)
        return chain.link

    def _confirmed(self, proven: Link, ordinal: int) -> Link:
        """The end of the chain at an ordinal that is proven already: only the event there is verified again.

        The ordinals of PostgreSQL have gaps, so the mark states the event's ordinal. A forged one can state any.
        """
        stored = self._source.mark_at(ordinal)
        if stored is None:
            return self._verified(Link(), ordinal)
        mark = _mark_of(ordinal, stored)
        link, found = Link(self._log_id, mark.ordinal, mark.code, mark.epoch, mark.next_key), None
        if link == proven:
            return link
        for row in self._source.marked_rows(max(0, min(mark.ordinal, ordinal) - 1), ordinal):
            self._confirm(row)
            found = row.mark
        if found != stored:
            raise MarkRefused(f"ordinal {ordinal}: its mark is that of ordinal {mark.ordinal}")
        return link


@lru_cache(maxsize=64)
def _shared(storage: str) -> Proof:
    return Proof(storage)


@contextmanager
def naming(log: object) -> Generator[None]:
    """Adds the log to the message of an error that refuses its events."""
    try:
        yield
    except (LogCorrupt, NotSealed, KeyMissing) as fault:
        if str(log) in str(fault):
            raise
        raise type(fault)(f"{log}: {fault}") from None


def check_tables(found: int) -> bool:
    """Whether the log has its two tables of marks, of which `found` are there. Raises LogCorrupt where it has one."""
    if found == 1:
        raise LogCorrupt(
            f"one of the tables {MARKS} and {HEAD} was removed from outside: restore the log from a copy"
        )
    return found == 2


def _mark_of(ordinal: int, stored: object) -> Mark:
    """The mark of the event at `ordinal`. Raises MarkRefused, which names it, where the mark is missing or not one."""
    if stored is None:
        raise MarkRefused(f"ordinal {ordinal}: it has no mark")
    try:
        return Mark.unpacked(stored)
    except MarkRefused as fault:
        raise MarkRefused(f"ordinal {ordinal}: {fault}") from None


HAS_ROWS: Final = f"SELECT EXISTS (SELECT 1 FROM {HEAD}) OR EXISTS (SELECT 1 FROM {MARKS}) AS found"  # noqa: S608  (ours)
"""The query whether one of the tables of marks has rows."""


def selected(dialect: Dialect, where: str) -> str:
    """The query for rows with their marks."""
    ordinal = dialect.ordinal
    return (
        f"SELECT e.{ordinal}, originator_id, originator_version, topic, state, mark FROM stored_events e "  # noqa: S608  (ours)
        f"LEFT JOIN {MARKS} ON {MARKS}.ordinal = e.{ordinal} WHERE {where}"
    )


def _tables(dialect: Dialect) -> Sequence[str]:
    return (
        f"CREATE TABLE IF NOT EXISTS {MARKS} (ordinal {dialect.number} PRIMARY KEY, mark {dialect.bytes} NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS {HEAD} (id INTEGER PRIMARY KEY CHECK (id = 1), mark {dialect.bytes} NOT NULL)",
    )


def _marked(event: StoredEvent) -> Marked:
    return Marked(str(event.originator_id), event.originator_version, event.topic, event.state)
