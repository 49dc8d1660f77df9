"""The file of a log's snapshot: a header, and parts one after the other, each signed together with the one before.

A part is written behind the last one; its own header is filled in at the end. What a crash leaves of an unfinished part
is no part, and the next one is written over it. Only the owner of the file may read it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from adapters.marks.key import CODE_BYTES, ID_BYTES
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Link
from adapters.marks.signature import Signer
from adapters.snapshots.signed import PACKED, SignedPart
from domain.errors import KeyMissing, MarkRefused

_MAGIC: Final = b"whence-snapshot\n"
_SIGNATURE: Final = ID_BYTES + CODE_BYTES
_HEAD: Final = PACKED + _SIGNATURE
_AS_IT_IS: Final = os.O_NOFOLLOW | os.O_NONBLOCK
"""No link is followed, and a named pipe is opened at once, although nobody has its other end."""


class Placed(NamedTuple):
    """A part that was found in the file: its signed fields, its signature, and the place of its body."""

    signed: SignedPart
    signature: bytes
    begins: int

    @property
    def ends(self) -> int:
        """The place after the part."""
        return self.begins + self.signed.body + self.signed.beside


class Unfit(Exception):
    """A snapshot cannot be used; the message has the reason."""


class OtherProgram(Unfit):
    """A snapshot was made by another version of the program."""


class SnapshotFile:
    """Reads and writes one file, which may be missing."""

    def __init__(self, path: Path, keys: KeyFolder, fingerprint: bytes) -> None:
        """`keys` is the installation's folder of keys; `fingerprint` (32 bytes) is that of the code."""
        self.path, self._keys, self._fingerprint = path, keys, fingerprint
        self._parts: list[Placed] = []

    @property
    def link(self) -> Link:
        """The end of the log's chain of marks at the last part; `Link()` where there is none."""
        return self._parts[-1].signed.link if self._parts else Link()

    @property
    def size(self) -> int:
        """The bytes of all parts that count."""
        return self._parts[-1].ends if self._parts else 0

    def find(self) -> None:
        """Finds the parts in the file by their signed headers; their bodies are not read yet.

        Raises Unfit where the file is not of this code, cannot be read, or has no part with a valid signature.
        """
        self._parts = []
        try:
            with _reading(self.path) as file:
                self._parts = list(self._found(file))
        except FileNotFoundError:
            return
        except OSError as fault:
            raise Unfit(f"it cannot be read: {fault.strerror}") from None

    def read(self) -> tuple[list[bytes], bytes]:
        """The bodies of all parts, and what stands beside the last one. Raises Unfit where a byte was changed."""
        bodies, beside = list[bytes](), b""
        try:
            with _reading(self.path) as file:
                for part in self._parts:
                    body, beside = _read(file, part)
                    bodies.append(body)
        except OSError as fault:
            raise Unfit(f"it cannot be read: {fault.strerror}") from None
        return bodies, beside

    def cut(self, ordinal: int) -> None:
        """Leaves the parts up to the one that ends at this ordinal. Raises Unfit where none does."""
        ends = [part.signed.link.ordinal for part in self._parts]
        if ordinal not in ends:
            raise Unfit(f"it has no part at ordinal {ordinal}: it is missing or cut off")
        del self._parts[ends.index(ordinal) + 1 :]

    def forget(self) -> None:
        """Makes the next part the first one of a new file."""
        self._parts = []

    def add(self, link: Link, pieces: Iterable[bytes], beside: bytes) -> None:
        """Writes a part behind the last one; the first part into a new file. Raises OSError; the file then counts as
        before.
        """
        if self._parts:
            with _writing(self.path, os.O_RDWR) as file:
                self._parts.append(self._added(file, self.size, link, pieces, beside))
            return
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        try:
            with _writing(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL) as file:
                file.write(_MAGIC + self._fingerprint)
                placed = self._added(file, file.tell(), link, pieces, beside)
            fresh.replace(self.path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        self._parts = [placed]

    def _added(self, file: BinaryIO, at: int, link: Link, pieces: Iterable[bytes], beside: bytes) -> Placed:
        file.truncate(at)
        file.seek(at)
        file.write(bytes(_HEAD))
        digest, body = blake2b(digest_size=32), 0
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            body += len(piece)
        file.write(beside)
        digest.update(beside)
        file.flush()
        signed = SignedPart(self._fingerprint, self._before, link, body, len(beside), digest.digest())
        signature = Signer(self._keys).signature(signed)
        file.seek(at)
        file.write(signed.packed + signature)
        return Placed(signed, signature, at + _HEAD)

    @property
    def _before(self) -> bytes:
        return self._parts[-1].signature if self._parts else b""

    def _found(self, file: BinaryIO) -> Iterator[Placed]:
        """The parts up to the first one without a valid header. Raises Unfit where that is the first one."""
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Unfit("it is no snapshot of this version")
        if file.read(len(self._fingerprint)) != self._fingerprint:
            raise OtherProgram("another version of the program made it")
        if not self._keys.read():
            raise Unfit("there is no key to verify it with")
        signer, before = Signer(self._keys), b""
        while (found := self._next(file, signer, before)) is not None:
            yield found
            before = found.signature
            file.seek(found.ends)

    def _next(self, file: BinaryIO, signer: Signer, before: bytes) -> Placed | None:
        head = file.read(_HEAD)
        if before and (len(head) < _HEAD or not any(head)):
            return None
        if len(head) < _HEAD:
            raise Unfit("it is cut off")
        signed = SignedPart.unpacked(self._fingerprint, before, head[:PACKED])
        try:
            signer.check(signed, head[PACKED:])
        except (MarkRefused, KeyMissing) as fault:
            raise Unfit(str(fault)) from None
        return Placed(signed, head[PACKED:], file.tell())


def _read(file: BinaryIO, part: Placed) -> tuple[bytes, bytes]:
    file.seek(part.begins)
    body, beside = file.read(part.signed.body), file.read(part.signed.beside)
    digest = blake2b(body, digest_size=32)
    digest.update(beside)
    if digest.digest() != part.signed.digest:
        raise Unfit("its content was changed or cut off")
    return body, beside


@contextmanager
def _reading(path: Path) -> Generator[BinaryIO]:
    with os.fdopen(os.open(path, os.O_RDONLY | _AS_IT_IS), "rb") as file:
        _check_regular(file, path)
        yield file


@contextmanager
def _writing(path: Path, flags: int) -> Generator[BinaryIO]:
    """The file, which no other user may read and which is no link."""
    with os.fdopen(os.open(path, flags | _AS_IT_IS, 0o600), "r+b") as file:
        _check_regular(file, path)
        os.fchmod(file.fileno(), 0o600)
        yield file


def _check_regular(file: BinaryIO, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "no regular file", str(path))
