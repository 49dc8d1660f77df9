"""The files of models: a folder of this machine and, where one is configured, an object store that has them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from adapters.whole_file import write_file
from commands.scorer import LoadedModel
from domain.errors import InvalidInput, ModelChanged, ModelMissing
from domain.models.file import MOST_BYTES, ModelFile, read_model
from infra.learning.model_files import write_model
from infra.learning.model_folder import ModelFolder


class Objects(Protocol):
    """What the store needs of a bucket; see `adapters.model_store.bucket.Bucket`."""

    def read(self, name: str, most: int) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...


class ModelStore:
    """A file that the folder lacks is fetched once, and is written into the folder where its bytes have its hash.

    `objects` makes the bucket when it is first needed; None without one, and then nothing is fetched.
    """

    def __init__(self, folder: Path, objects: Callable[[], Objects] | None = None) -> None:
        self.folder = ModelFolder(folder)
        self._place, self._objects = folder, objects

    @property
    def is_fetching(self) -> bool:
        """Whether there is an object store."""
        return self._objects is not None

    @cached_property
    def bucket(self) -> Objects:
        """Raises what making the bucket raises."""
        if self._objects is None:
            raise InvalidInput("no object store of models is configured: name one in [models.store] address")
        return self._objects()

    def check(self) -> None:
        """Makes the bucket where there is one. Raises what that raises: missing keys, a library that is not there."""
        if self.is_fetching:
            _ = self.bucket

    def keep(self, data: bytes) -> Path:
        """Writes a model's file into the object store, then into the folder; returns its place there.

        Raises InvalidInput where the bytes are no model, and the errors of both.
        """
        digest = read_model(data).sha256
        if self.is_fetching:
            self.bucket.write(_name(digest), data)
        return write_model(self._place, data)

    def model_of(self, digest: str) -> LoadedModel:
        """As `ModelFolder.model_of`, with a file that was fetched where the folder has none."""
        try:
            return self.folder.model_of(digest)
        except ModelMissing:
            if not self.is_fetching:
                raise
        self.fetch(digest)
        return self.folder.model_of(digest)

    def file_of(self, digest: str) -> ModelFile:
        """As `ModelFolder.file_of`, with a file that was fetched where the folder has none."""
        try:
            return self.folder.file_of(digest)
        except ModelMissing:
            if not self.is_fetching:
                raise
        self.fetch(digest)
        return self.folder.file_of(digest)

    def fetch(self, digest: str) -> None:
        """Reads the file from the object store into the folder.

        Raises ModelMissing where the store has none, ModelChanged where its bytes have another hash; then the folder is
        as it was. Raises ModelsUnavailable, and InvalidInput where the folder cannot be written.
        """
        data = self.bucket.read(_name(digest), MOST_BYTES)
        if (found := sha256(data).hexdigest()) != digest:
            raise ModelChanged(
                f"the object store has bytes with the SHA-256 {found} as {_name(digest)}: it was changed there; take "
                "the file from a copy"
            )
        write_file(self._place / _name(digest), lambda file: file.write(data))


def _name(digest: str) -> str:
    return f"{digest}.json"
