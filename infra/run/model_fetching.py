"""Fetches model files beside the engine: no network is waited for where entries are decided."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Thread
from typing import Final

from domain.errors import WhenceError

_PAUSE: Final = 60.0
"""Seconds between two attempts for one file."""
_log = logging.getLogger(__name__)


class _Attempt:
    """One attempt on a thread of its own; `why` is known once it has ended, empty where it succeeded."""

    def __init__(self, fetch: Callable[[str], None], digest: str, began: float) -> None:
        self.began, self.why = began, ""
        self.is_stated = False
        self._fetch, self._digest = fetch, digest
        self._thread = Thread(target=self._run, name=f"model {digest[:12]}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            self._fetch(self._digest)
        except Exception as fault:  # noqa: BLE001  (a thread's error is seen nowhere else; see `_why`)
            self.why = _why(fault)


class ModelFetching:
    """The attempts by file. All calls come from one thread; `fetch` is called on others."""

    def __init__(self, fetch: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._monotonic = fetch, monotonic
        self._attempts = dict[str, _Attempt]()
        self._check: Thread | None = None

    def check(self, check: Callable[[], None]) -> None:
        """Calls `check` on a thread, and logs an error where it raises: then no file can be fetched."""
        self._check = Thread(target=_checked, args=(check,), name="models store", daemon=True)
        self._check.start()

    def proceed(self, digest: str) -> str | None:
        """Begins an attempt where none is under way and the last one began a minute ago.

        Returns why an attempt failed, once; None while it is under way, and where it succeeded.
        """
        now, last = self._monotonic(), self._attempts.get(digest)
        if last is None or (last.is_over and now - last.began >= _PAUSE):
            self._attempts[digest] = _Attempt(self._fetch, digest, now)
            return None
        if last.is_over and last.why and not last.is_stated:
            last.is_stated = True
            return last.why
        return None

    def wait(self) -> None:
        """Waits until no attempt and no check is under way."""
        for one in self._attempts.values():
            one.join()
        if self._check is not None:
            self._check.join()


def _checked(check: Callable[[], None]) -> None:
    try:
        check()
    except Exception as fault:  # noqa: BLE001  (a thread's error is seen nowhere else; see `_why`)
        _log.error(
            "a model that is not in the folder cannot be fetched from the object store: %s", _why(fault)
        )


def _why(fault: Exception) -> str:
    """The text of an error of this program; of another one its class, because its text may hold a secret."""
    return str(fault) if isinstance(fault, WhenceError) else type(fault).__name__
