"""Batches: the inputs between two writes, compressed, signed and chained.

A batch holds consecutive inputs, numbered 1, 2, 3 … over the whole tape. Its signature, made with the installation's
key, covers its content and the signature of the batch before, so no batch can be changed, removed or moved unnoticed,
except at the ends: the first batches may be removed by retention (`adapters/inputs/retention.py`), and what the last
ones led to is missed in the log.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

import msgspec

from adapters.inputs.codec import Reader, Writer
from adapters.inputs.schema import schema_of
from adapters.marks.signature import Signer
from commands.input_tape import SessionBegun, Taped
from domain.errors import LogCorrupt, MarkRefused

MOST_INPUTS: Final = 1_000
MOST_BYTES: Final = 256 * 1024
"""A batch with so many inputs, or so many bytes before compression, is full."""
NO_SIGNATURE: Final = bytes(24)
_FAST: Final = 1
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")


class TapedInput(NamedTuple):
    """One input with its number on the tape, and when it came (UTC, by this machine's clock)."""

    number: int
    received_at: datetime
    given: Taped


class Batch(NamedTuple):
    """`size` inputs from the number `first` on.

    `begins`: the first of them is a `SessionBegun`. `at` is when the last of them came, in µs since 1970. `schema` and
    `fingerprint` name the schema of the compressed `data`. `previous` is the signature of the batch before, zeros for
    the first.
    """

    first: int
    size: int
    begins: bool
    at: int
    schema: int
    fingerprint: bytes
    data: bytes
    previous: bytes = NO_SIGNATURE
    signature: bytes = b""

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence inputs 01"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        numbers = (self.first, self.size, int(self.begins), self.at, self.schema)
        return *(number.to_bytes(8, "big") for number in numbers), self.fingerprint, self.data, self.previous

    @property
    def packed(self) -> bytes:
        """The batch as one record."""
        return msgspec.msgpack.encode((_FORM, self))

    @classmethod
    def unpacked(cls, body: bytes | None) -> Batch | None:
        """The batch of a record; None for a record that is no batch."""
        try:
            form, batch = msgspec.msgpack.decode(body or b"", type=tuple[str, Batch])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        numbers = batch.first, batch.size, batch.at, batch.schema
        return batch if form == _FORM and min(numbers) >= 0 else None

    @property
    def after(self) -> int:
        """The number of the last input."""
        return self.first + self.size - 1


_FORM: Final = "whence inputs 1"


class End(NamedTuple):
    """The end of a tape: the number of its last input and the signature of its last batch."""

    last: int = 0
    signature: bytes = NO_SIGNATURE


def end_of(batch: Batch | None, signer: Signer) -> End:
    """The end of the tape with this last batch. Raises LogCorrupt, KeyMissing."""
    if batch is None:
        return End()
    check(batch, signer)
    return End(batch.after, batch.signature)


class Waiting:
    """The inputs that are not durable yet."""

    def __init__(self, signer: Signer, end: End, clock: Callable[[], datetime]) -> None:
        self._signer, self._end, self._clock = signer, end, clock
        self._writer = Writer()
        self._taken: list[bytes] = []
        self._size, self._begins, self._at = 0, False, _EPOCH

    def __len__(self) -> int:
        return len(self._taken)

    def is_full(self, given: Taped) -> bool:
        """Whether the batch must be written before `given` is added: it is full, or `given` begins a session."""
        full = len(self._taken) >= MOST_INPUTS or self._size >= MOST_BYTES
        return bool(self._taken) and (full or isinstance(given, SessionBegun))

    def add(self, given: Taped) -> None:
        """Adds an input. Raises InvalidInput for a value that has no place on a tape."""
        at = self._clock()
        data = self._writer.encode(at, given)
        if not self._taken:
            self._begins = isinstance(given, SessionBegun)
        self._taken.append(data)
        self._size, self._at = self._size + len(data), at

    def batch(self) -> Batch:
        """The waiting inputs as one signed batch; they wait on until `written`."""
        schema = self._writer.schema
        entries = msgspec.msgpack.encode([msgspec.Raw(one) for one in self._taken])
        unsigned = Batch(
            self._end.last + 1,
            len(self._taken),
            self._begins,
            since_1970(self._at),
            schema.number,
            schema.fingerprint,
            zlib.compress(entries, _FAST),
            self._end.signature,
        )
        return unsigned._replace(signature=self._signer.signature(unsigned))

    def written(self, batch: Batch) -> None:
        """Forgets the inputs of this batch, which is durable."""
        self._end = End(batch.after, batch.signature)
        del self._taken[: batch.size]
        self._size = sum(map(len, self._taken))
        self._begins = False


def check(batch: Batch, signer: Signer) -> None:
    """Raises LogCorrupt where the batch's signature is not valid, KeyMissing where its key is not at hand."""
    try:
        signer.check(batch, batch.signature)
    except MarkRefused as fault:
        raise LogCorrupt(f"the inputs {batch.first} to {batch.after} were changed: {fault}") from None


def session_of(batch: Batch, signer: Signer) -> SessionBegun:
    """The session that begins with this batch. Raises LogCorrupt where none does, UnknownSchema, KeyMissing."""
    check(batch, signer)
    given = next(_decoded(batch)).given
    if not isinstance(given, SessionBegun):
        raise LogCorrupt(f"the inputs {batch.first} to {batch.after} begin no session")
    return given


def since_1970(at: datetime) -> int:
    """A time (UTC) as `Batch.at` has it, in µs."""
    return round((at - _EPOCH).total_seconds() * 1_000_000)


def inputs_of(batches: Iterator[Batch], signer: Signer) -> Iterator[TapedInput]:
    """The inputs of the batches of one tape, in order; the first batch begins a session. Raises what `Checked` does."""
    return Checked(signer).inputs(batches)


class Checked:
    """The inputs of one tape, whose batches are read at several times, in order."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._end: End | None = None

    @property
    def last(self) -> int:
        """The number of the last input that was read; 0 before the first."""
        return 0 if self._end is None else self._end.last

    def inputs(self, batches: Iterable[Batch]) -> Iterator[TapedInput]:
        """The inputs of the next batches.

        Raises LogCorrupt, which names the inputs, at a batch that was changed, removed or moved, at bytes that do not
        decode, and where the first batch begins no session; UnknownSchema; KeyMissing.
        """
        for batch in self.batches(batches):
            yield from _decoded(batch)

    def batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The next batches themselves, which are not decoded. Raises LogCorrupt as `inputs` does, KeyMissing."""
        for batch in batches:
            check(batch, self._signer)
            _check_place(batch, self._end)
            self._end = End(batch.after, batch.signature)
            yield batch


def _check_place(batch: Batch, end: End | None) -> None:
    if end is None:
        if not batch.begins:
            raise LogCorrupt(f"the tape begins at input {batch.first}, which begins no session")
        if batch.first == 1 and batch.previous != NO_SIGNATURE:
            raise LogCorrupt("the first input of the tape follows on others, which were removed")
    elif (end.last + 1, end.signature) != (batch.first, batch.previous):
        raise LogCorrupt(
            f"the inputs {batch.first} to {batch.after} do not follow on input {end.last}: inputs were removed, "
            "repeated or moved"
        )


def _decoded(batch: Batch) -> Iterator[TapedInput]:
    try:
        data = zlib.decompress(batch.data)
    except zlib.error as fault:
        raise LogCorrupt(f"the inputs {batch.first} to {batch.after} are damaged: {fault}") from fault
    entries = _reader(batch.schema, batch.fingerprint).decode(data)
    if len(entries) != batch.size:
        raise LogCorrupt(
            f"{batch.size} inputs from {batch.first} on are stated, and {len(entries)} are there"
        )
    for number, (at, given) in enumerate(entries, batch.first):
        yield TapedInput(number, at, given)


@cache
def _reader(number: int, fingerprint: bytes) -> Reader:
    return Reader(schema_of(number, fingerprint))
