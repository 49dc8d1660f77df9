"""The folder of model files, each named by the SHA-256 of its bytes: `<sha256>.json`."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from commands.scorer import LoadedModel
from domain.errors import InvalidInput, ModelChanged, ModelMissing
from domain.features.sets import SETS
from domain.models.file import ModelFile, read_file, read_model
from infra.learning.model_files import file_bytes

_SHA256 = re.compile(r"[0-9a-f]{64}")
_RARELY = 0.1
"""The greatest share of training rows without a value with which a feature is needed. The rows of the first day of a
tape lack what reads a day, so a feature that no row lacks is rare.
"""


class _Unreadable(NamedTuple):
    """Why the bytes of a file are no model, and the identity of the file that held them."""

    identity: tuple[int, ...]
    fault: InvalidInput


class ModelFolder:
    """Reads each model once, and each file that holds none once until it is replaced or written.

    A file whose bytes do not hash to its name is refused, also where it was read before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = dict[str, LoadedModel]()
        self._unreadable = dict[str, _Unreadable]()

    def model_of(self, digest: str) -> LoadedModel:
        """The model with this SHA-256. Raises ModelMissing, ModelChanged, and InvalidInput for a damaged file."""
        found = self._read.get(digest)
        if found is None:
            found = self._read[digest] = self._newly_read(digest)
        return found

    def _newly_read(self, digest: str) -> LoadedModel:
        """The model of the file, which is not read again where it is the file that was refused before."""
        identity = _identity(self._place(digest))
        known = self._unreadable.get(digest)
        if known is not None and known.identity == identity:
            raise known.fault.with_traceback(None)
        try:
            return loaded(self.bytes_of(digest))
        except ModelMissing:
            raise
        except InvalidInput as fault:
            # What is wrong with the place (ModelMissing) may be over at the next signal; what is wrong with the bytes
            # is not, and a large file takes seconds of each decision.
            self._unreadable[digest] = _Unreadable(identity, fault)
            raise

    def file_of(self, digest: str) -> ModelFile:
        """What the file states about its model; raises what `model_of` raises."""
        return read_file(self.bytes_of(digest))

    def bytes_of(self, digest: str) -> bytes:
        """The bytes of the file. Raises ModelMissing where there is none, ModelChanged where they are others,
        InvalidInput where it is too large or no regular file.
        """
        place = self._place(digest)
        try:
            data = file_bytes(place)
        except OSError as fault:
            raise ModelMissing(
                f"{place}: {fault.strerror}: the model {digest[:12]} cannot be read; copy its file there, or name its "
                "folder in [models] folder"
            ) from None
        if (actual := sha256(data).hexdigest()) != digest:
            raise ModelChanged(
                f"{place} has the SHA-256 {actual}, not that of its name: it was changed after it was registered"
            )
        return data

    def _place(self, digest: str) -> Path:
        if not _SHA256.fullmatch(digest):
            raise InvalidInput(f"{digest[:80]!r} is no SHA-256: 64 hexadecimal digits in lower case")
        return self._folder / f"{digest}.json"


def _identity(place: Path) -> tuple[int, ...]:
    """What differs once the file is replaced or written; empty where none is there. It is taken before the file is
    read: a change in between is met at the next call.
    """
    try:
        found = place.stat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def loaded(data: bytes) -> LoadedModel:
    """The model of a file, and the places of the features that at most 10 % of its training rows lacked.

    Raises InvalidInput for a damaged file, and for one whose features are not those of the set that it states.
    """
    file = read_file(data)
    _check_set(file)
    needed = [place for place, one in enumerate(file.reference) if one.missing <= _RARELY]
    return LoadedModel(read_model(data), tuple(needed))


def _check_set(file: ModelFile) -> None:
    known = SETS.get(file.feature_set)
    if known is None or known.names == file.features:
        return  # a set that this program lacks has no rows, so nothing is scored by it
    names = zip_longest(file.features, known.names, fillvalue="none")
    place, (one, other) = next((at, pair) for at, pair in enumerate(names) if pair[0] != pair[1])
    raise InvalidInput(
        f"the model file states {file.feature_set} and has at features[{place}] {one}, the set has {other}: its values "
        "would be read as others; train it again"
    )
