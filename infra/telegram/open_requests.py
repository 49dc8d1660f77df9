"""The requests of buttons whose outcome is not known: a later refusal of the caller leaves it open.

The key of a draft is that of its order, so whether an order was placed is known by it as for all other requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from infra.telegram.mutations import Became, NotDone, Open
from infra.telegram.screen_key import is_expired
from infra.telegram.state import StateFile


class OpenRequests:
    """Their keys are in the state's file until their buttons expire, and those of orders until the draft is forgotten,
    so that a restart changes no outcome."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file, self._clock = file, clock

    def is_open(self, key: str) -> bool:
        """Whether the request with this key may have been sent and its outcome is not known."""
        return key in self._file.state.open_requests

    def may_have_arrived(self, keys: Iterable[str]) -> None:
        """The requests with these keys may have been sent before a restart, which lost their responses."""
        found = self._file.state.open_requests
        self._file.state.open_requests = [*found, *(one for one in dict.fromkeys(keys) if one not in found)]

    def became(self, key: str, response: Became) -> Became:
        """What became of the request with this key. A refusal of the caller after an attempt without an outcome is
        Open, because it states nothing about that attempt."""
        found = self._file.state.open_requests
        if isinstance(response, NotDone) and response.of_caller and key in found:
            return Open(response.reason)
        is_open = isinstance(response, Open)
        if is_open != (key in found):
            kept = [one for one in found if one != key and self._is_kept(one)]
            self._file.state.open_requests = [*kept, key] if is_open else kept
            self._file.save()
        return response

    def _is_kept(self, key: str) -> bool:
        return key in self._file.state.drafts or not is_expired(key, self._clock())
