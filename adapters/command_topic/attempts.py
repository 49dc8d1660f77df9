"""The attempts of requests that wait for answers, and the answers that arrived after their attempts had timed out.

Attempts of one request differ by their time alone. A request that was carried out is carried out for each of them, so
such an answer ends them all, and the next one. Every other answer is that of its own attempt: an earlier one that has
expired says nothing of a later one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from typing import Final, TypeVar

from adapters.command_topic.wire import request_bytes
from commands.door import Answer, Completed
from commands.request import Requested

_T = TypeVar("_T")
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 16
_KEPT: Final = 1_000
"""So many of the latest attempts are known, and so many of the latest answers."""
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Attempt:
    """An attempt with its identity `ask` and that of its request. `known` is what a TimedOut reports if no answer
    arrives in time."""

    requested: Requested
    written: bytes
    ask: bytes
    request: bytes
    known: str
    answer: Future[Answer] = field(default_factory=Future[Answer])


class Attempts:
    """See the module. Identities cannot be guessed by other processes. Safe to call from any thread."""

    def __init__(self) -> None:
        self._secret = token_bytes(_SECRET_BYTES)
        self._waiting: dict[bytes, set[Attempt]] = {}
        self._requests: OrderedDict[bytes, bytes] = OrderedDict()
        self._late: OrderedDict[bytes, Completed] = OrderedDict()
        self._lock = Lock()

    def attempt(self, requested: Requested, known: str) -> Attempt:
        """A new attempt, which waits for nothing yet. Raises InvalidInput for a request that cannot be written."""
        written = request_bytes(requested)
        timeless = request_bytes(replace(requested, valid_until=_NO_TIME))
        return Attempt(requested, written, self._id(written), self._id(timeless), known)

    @contextmanager
    def waits(self, attempt: Attempt) -> Generator[None]:
        """The attempt takes answers within the block. A late answer to an earlier one is its answer at once."""
        with self._lock:
            self._waiting.setdefault(attempt.request, set()).add(attempt)
            _keep(self._requests, attempt.ask, attempt.request)
            late = self._late.get(attempt.request)
            if late is not None:
                attempt.answer.set_result(replace(late, repeated=True))
        try:
            yield
        finally:
            with self._lock:
                attempts = self._waiting[attempt.request]
                attempts.remove(attempt)
                if not attempts:
                    del self._waiting[attempt.request]

    def is_known(self, ask: bytes) -> bool:
        """Whether this is the identity of one of the latest attempts, whether or not it still waits."""
        with self._lock:
            return ask in self._requests

    def unread(self, ask: bytes, known: str) -> None:
        """Notes what is known of the attempts with this identity, whose answer cannot be read."""
        with self._lock:
            for one in self._of(ask):
                one.known = known

    def take(self, ask: bytes, answer: Answer) -> None:
        """Ends the attempts that this answers. What was carried out also ends other attempts, and is kept."""
        with self._lock:
            for one in self._of(ask):
                _end(one, answer)
            # A request without events is judged again each time, so its answer says nothing of the next attempt.
            if isinstance(answer, Completed) and answer.events and ask in self._requests:
                request = self._requests[ask]
                for one in self._waiting.get(request, ()):
                    _end(one, replace(answer, repeated=True))
                _keep(self._late, request, answer)

    def _of(self, ask: bytes) -> Sequence[Attempt]:
        request = self._requests.get(ask, b"")
        return [one for one in self._waiting.get(request, ()) if one.ask == ask]

    def _id(self, written: bytes) -> bytes:
        return blake2b(written, key=self._secret, digest_size=_ID_BYTES).hexdigest().encode()


def _end(attempt: Attempt, answer: Answer) -> None:
    if not attempt.answer.done():
        attempt.answer.set_result(answer)


def _keep(kept: OrderedDict[bytes, _T], key: bytes, value: _T) -> None:
    """Adds the entry as the latest, and drops the earliest beyond `_KEPT`."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
