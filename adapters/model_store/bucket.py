"""A bucket of an object store with the protocol of S3, through obstore (extra `objects`).

The library signs each request; the secret itself is never sent. It repeats what failed on the way, for some seconds.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from adapters.secrecy import Credentials
from domain.errors import InvalidInput, ModelMissing, ModelsUnavailable

if TYPE_CHECKING:
    from obstore import PutMode  # not there at run time
    from obstore.store import S3Config  # not there at run time

_CONNECT: Final = timedelta(seconds=5)
_WHOLE: Final = timedelta(seconds=60)
_REPEATED: Final = timedelta(seconds=20)
_REPEATS: Final = 4
_DETAILS: Final = "\n\nDebug source"
"""With this the library's own structures begin, after its sentence."""


class BucketPlace(NamedTuple):
    """Where objects are: the bucket, what their names begin with, the endpoint (empty: that of AWS) and the region.

    `setting` is the setting that names the bucket, for errors.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    setting: str = "[models.store] address"

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class Bucket:
    """Reads and writes whole objects. Safe to use from any thread."""

    def __init__(self, place: BucketPlace, keys: Credentials) -> None:
        self.place, self._keys = place, keys
        config: S3Config = {
            "access_key_id": keys.key,
            "secret_access_key": keys.secret,
            "region": place.region,
            "virtual_hosted_style_request": not place.endpoint,
        }
        if place.endpoint:
            config["endpoint"] = place.endpoint
        if keys.passphrase:
            config["session_token"] = keys.passphrase
        self._store = S3Store(
            place.bucket,
            prefix=place.prefix or None,
            config=config,
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "timeout": _WHOLE,
            },
            retry_config={"max_retries": _REPEATS, "retry_timeout": _REPEATED},
        )

    def __repr__(self) -> str:
        return f"Bucket({self.place})"

    def read(self, name: str, most: int) -> bytes:
        """The bytes of the object. Raises ModelMissing where there is none, InvalidInput where it has more than `most`
        bytes, ModelsUnavailable where the store does not answer or refuses.
        """
        with self._said(name):
            found = obstore.get(self._store, name)
            if found.meta["size"] > most:
                raise InvalidInput(
                    f"{self.place}/{name} has {found.meta['size']:,} bytes; the most is {most:,}"
                )
            return bytes(found.bytes())

    def write(self, name: str, data: bytes) -> None:
        """Writes the object as a whole; one of this name is replaced. Raises ModelsUnavailable."""
        with self._said(name):
            self._put(name, data, "overwrite")

    def create(self, name: str, data: bytes) -> bool:
        """Writes the object as a whole where there is none of this name; returns whether it did.

        Raises ModelsUnavailable.
        """
        with self._said(name):
            try:
                self._put(name, data, "create")
            except AlreadyExistsError:
                return False
        return True

    def names(self, folder: str) -> Sequence[str]:
        """The names of the objects below this folder, sorted. Raises ModelsUnavailable."""
        with self._said(f"{folder}/"):
            parts = obstore.list(self._store, f"{folder}/")  # pyright: ignore[reportUnknownMemberType]
            return sorted(one["path"] for part in parts for one in part)

    def remove(self, name: str) -> None:
        """Removes the object, where there is one. Raises ModelsUnavailable."""
        with self._said(name), suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def _put(self, name: str, data: bytes, mode: PutMode) -> None:
        try:
            obstore.put(self._store, name, data, use_multipart=False, mode=mode)
        except FileNotFoundError:
            raise ModelsUnavailable(
                f"{self.place}/{name} cannot be written: the store has no bucket {self.place.bucket}; "
                f"create it, or correct {self.place.setting}"
            ) from None

    @contextmanager
    def _said(self, name: str) -> Generator[None]:
        try:
            yield
        except FileNotFoundError:
            raise ModelMissing(f"{self.place} has no {name}") from None
        except (BaseError, OSError, ValueError) as fault:
            # The library's error has the request's address, and what the store returned.
            what = self._keys.hide(str(fault).split(_DETAILS, 1)[0].strip())[:500]
            raise ModelsUnavailable(f"{self.place}/{name}: {what}") from None
