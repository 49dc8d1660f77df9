"""The log of librdkafka without its repetitions.

Each client logs each connection that fails, many times a second for as long as no broker answers. The first message of
a kind is logged at once, and its repetitions as one line with their number after each period.
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
from dataclasses import dataclass
from typing import Final

PERIOD_SECONDS: Final = 30.0
THREAD: Final = "repeats of librdkafka's log"

_NUMBER = re.compile(r"[-#]?\d+$")
_THREAD = re.compile(r"^\[thrd:[^\]]*\]: ")
_DETAILS = re.compile(r" \(after \d+ms in state .*\)$")

_Kind = tuple[int, str, str, str]


@dataclass(slots=True)
class _Repeated:
    """A kind whose first message was logged: its latest message, and the number of messages that were not logged."""

    text: str
    count: int = 0


class Repeats:
    """The `logger` of librdkafka's clients. Safe to use from their threads.

    Messages are of one kind where level, facility, sort of client (producer, consumer) and text are equal; the client's
    number, its thread and how long the attempt took do not count.
    """

    def __init__(self, log: logging.Logger, period: float = PERIOD_SECONDS) -> None:
        """`period` is in seconds."""
        self._log, self._period = log, period
        self._lock = threading.Lock()
        self._known: dict[_Kind, _Repeated] = {}
        atexit.register(self.state)

    @property
    def is_known(self) -> bool:
        """Whether a message was logged of which a repetition is only counted."""
        with self._lock:
            return bool(self._known)

    def log(self, level: int, message: str, *args: object) -> None:
        """Logs the first message of a kind, and counts the others."""
        text = message % args if args else message
        kind = _kind_of(level, *map(str, args)) if len(args) == _PARTS else (level, "", "", text)
        with self._lock:
            known = self._known.get(kind)
            if known is not None:
                known.text, known.count = text, known.count + 1
                return
            self._known[kind] = _Repeated(text)
        self._log.log(level, "%s", text)
        self._await_end(kind)

    def state(self) -> None:
        """Logs the numbers of repetitions that were not logged yet."""
        with self._lock:
            kinds = list(self._known)
        for kind in kinds:
            self._state(kind)

    def _await_end(self, kind: _Kind) -> None:
        timer = threading.Timer(self._period, self._ended, (kind,))
        timer.name, timer.daemon = THREAD, True
        timer.start()

    def _ended(self, kind: _Kind) -> None:
        """A kind that was not repeated for a whole period is new again."""
        if self._state(kind):
            self._await_end(kind)

    def _state(self, kind: _Kind) -> bool:
        """Logs how often the kind was repeated; forgets it, and returns False, where it was not."""
        with self._lock:
            known = self._known.get(kind)
            if known is None or not known.count:
                self._known.pop(kind, None)
                return False
            text, count, known.count = known.text, known.count, 0
        self._log.log(
            kind[0],
            "%s (repeated %d times within %g s, of which only this line is logged)",
            text,
            count,
            self._period,
        )
        return True


_PARTS: Final = 3
"""What librdkafka logs: the facility, the client's name, and the text."""


def _kind_of(level: int, facility: str, client: str, text: str) -> _Kind:
    return level, facility, _NUMBER.sub("", client), _DETAILS.sub("", _THREAD.sub("", text))
