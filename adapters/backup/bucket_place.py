"""A bucket with the protocol of S3 as a place of backups (extra `objects`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from adapters.backup.place import missing, taken
from adapters.model_store.bucket import Bucket
from domain.errors import BackupUnavailable, ModelMissing, ModelsUnavailable

_MOST: Final = 2**30
"""The most bytes of one file of a backup."""


class ObjectPlace:
    """The objects below the bucket's prefix; see `adapters.backup.place.Place`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def __str__(self) -> str:
        return str(self._bucket.place)

    def names(self, folder: str) -> Sequence[str]:
        """See `Place`."""
        with _translated():
            return self._bucket.names(folder)

    def read(self, name: str) -> bytes:
        """See `Place`."""
        with _translated():
            try:
                return self._bucket.read(name, _MOST)
            except ModelMissing:
                raise missing(self, name) from None

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        with _translated():
            self._bucket.write(name, data)

    def create(self, name: str, data: bytes) -> None:
        """See `Place`."""
        with _translated():
            if not self._bucket.create(name, data):
                raise taken(self, name)

    def remove(self, name: str) -> None:
        """See `Place`."""
        with _translated():
            self._bucket.remove(name)


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except ModelsUnavailable as fault:
        raise BackupUnavailable(str(fault)) from None
