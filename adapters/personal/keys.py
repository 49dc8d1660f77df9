"""The keys of personal texts: a folder for each account, in `personal` of the installation's folder of keys."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from adapters.marks.key_folder import KeyFolder
from adapters.personal.cipher import Cipher
from domain.errors import KeyDamaged, KeyRefused

_log = logging.getLogger(__name__)

_FOLDER = "personal"


class PersonalKeys:
    """The keys of every account. They are read anew each time, because another process may remove one."""

    def __init__(self, installation: KeyFolder) -> None:
        """`installation` is the folder of the installation's keys."""
        self.path = installation.path / _FOLDER
        self._warned = set[str]()

    def of(self, account: str) -> Mapping[str, Cipher]:
        """The account's ciphers by key id, the oldest first. Raises KeyRefused."""
        return {key.id.hex(): Cipher(key, account) for key in self._folder(account).read().values()}

    def sealing(self, account: str, without: Collection[str] = ()) -> Cipher:
        """The newest cipher of the account whose key id is not in `without`, with a new key where there is none.

        Raises KeyRefused.
        """
        fit = [cipher for key_id, cipher in self.of(account).items() if key_id not in without]
        if not fit:
            self._folder(account).renewed()
            fit = [cipher for key_id, cipher in self.of(account).items() if key_id not in without]
        return fit[-1]

    def every(self) -> Mapping[str, Cipher]:
        """The ciphers of all accounts by key id, for reading: an account with a damaged file has none, and a warning
        names it, once. Raises KeyRefused.
        """
        found: dict[str, Cipher] = {}
        for account in self._accounts():
            try:
                found.update(self.of(account))
            except KeyDamaged as fault:
                if str(fault) not in self._warned:
                    self._warned.add(str(fault))
                    _log.warning("the keys of personal texts of %s are not used: %s", account, fault)
        return found

    def remove(self, account: str, key_id: str) -> bool:
        """Removes the key from the disk; returns whether it was there. Raises KeyRefused."""
        return self._folder(account).removed(key_id)

    def _folder(self, account: str) -> KeyFolder:
        return KeyFolder(self.path / account)

    def _accounts(self) -> list[str]:
        try:
            return sorted(one.name for one in Path(self.path).iterdir() if one.is_dir())
        except FileNotFoundError:
            return []
        except OSError as fault:
            raise KeyRefused(f"the folder of keys {self.path} cannot be read: {fault.strerror}") from None
