"""The installation's keys: one file for each key, which only its owner may read."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from adapters.marks.key import SECRET_BYTES, Key
from domain.errors import KeyDamaged, KeyRefused

_NAME: Final = re.compile(r"\d{8}T\d{12}Z-([0-9a-f]{16})\.key")
_MADE: Final = "%Y%m%dT%H%M%S%fZ"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH

Keys = dict[bytes, Key]
"""Keys by id, the oldest first."""


class KeyFolder:
    """The folder of the keys. The newest key signs, and all keys verify."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is by default `keys` in this user's data folder of Whence (XDG_DATA_HOME)."""
        self.path = path or user_data_path("whence") / "keys"

    def read(self) -> Keys:
        """The keys in the folder; none where there is no folder, or none that this user may see.

        Raises KeyRefused for a file that other users may read, that cannot be read or that holds no key.
        """
        try:
            if not self.path.is_dir():
                return {}
        except PermissionError:
            return {}
        _check_mode(self.path, _OTHERS_WRITE, "written", 0o700)
        files = sorted(file for file in self.path.iterdir() if _NAME.fullmatch(file.name))
        return {key.id: key for key in map(_read, files)}

    def made(self) -> Keys:
        """The keys in the folder; the first key is made where there is none. Raises KeyRefused."""
        with self._locked():
            return self.read() or self._with_new()

    def renewed(self) -> Keys:
        """The keys in the folder with a new one, which signs from now on. Raises KeyRefused."""
        with self._locked() as descriptor:
            keys = self._with_new()
            os.fsync(descriptor)
        return keys

    def removed(self, key_id: str) -> bool:
        """Removes the key with this id (16 hexadecimal digits), durably; returns whether it was there.

        Raises KeyRefused where the file cannot be removed.
        """
        with self._locked() as descriptor:
            files = [file for file in self.path.iterdir() if _id_in(file.name) == key_id]
            try:
                for file in files:
                    file.unlink()
                os.fsync(descriptor)
            except OSError as fault:
                raise KeyRefused(
                    f"the key {key_id} in {self.path} cannot be removed: {fault.strerror}"
                ) from None
        return bool(files)

    def _with_new(self) -> Keys:
        secret = secrets.token_bytes(SECRET_BYTES)
        made = datetime.now(UTC).strftime(_MADE)
        _write(self.path / f"{made}-{Key(secret).id.hex()}.key", secret)
        return self.read()

    @contextmanager
    def _locked(self) -> Generator[int]:
        """Holds the folder's lock, so that two programs that start at once do not make two keys.

        Yields the folder's descriptor.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError as fault:
            raise KeyRefused(f"the folder of keys {self.path} cannot be made: {fault.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def newest(keys: Keys) -> Key:
    """The key that signs. `keys` must not be empty."""
    return next(reversed(keys.values()))


def _id_in(name: str) -> str:
    found = _NAME.fullmatch(name)
    return "" if found is None else found[1]


def _write(path: Path, secret: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secret.hex()}\n")
            file.flush()
            os.fsync(descriptor)
    except OSError as fault:
        raise KeyRefused(f"the key {path} cannot be written: {fault.strerror}") from None


def _read(path: Path) -> Key:
    _check_mode(path, _OTHERS, "read", 0o600)
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as fault:
        raise KeyRefused(f"the key {path} cannot be read: {fault.strerror}") from None
    except ValueError:
        raise KeyDamaged(f"{path} holds no key: restore it from its copy") from None
    if len(secret) != SECRET_BYTES or not path.stem.endswith(Key(secret).id.hex()):
        raise KeyDamaged(f"{path} does not hold the key that its name states: restore it from its copy")
    return Key(secret)


def _check_mode(path: Path, forbidden: int, verb: str, right: int) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as fault:
        raise KeyRefused(f"the key {path} cannot be read: {fault.strerror}") from None
    if mode & forbidden:
        raise KeyRefused(
            f"{path} can be {verb} by other users of this machine (mode {mode:04o}): run `chmod {right:o} {path}`, "
            "and make a new key with `whence keys new` if somebody may have used it"
        )
