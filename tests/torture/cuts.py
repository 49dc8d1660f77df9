"""Cuts of the line between the engine and the Kafka of its log, each of which ends by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from types import TracebackType
from typing import Self

from tests.adversary.cut_broker import ends_a_transaction
from tests.adversary.proxy import Proxy

_AWAITED = 1.0
"""Seconds within which a commit that is to be cut has to come."""


class CutKind(StrEnum):
    """Where the line is cut: at once, in silence or with every connection refused; or at a commit, before it arrives or
    before its answer.
    """

    SILENT = "silent"
    REFUSED = "refused"
    COMMIT_HELD = "silent before a commit"
    COMMIT_UNANSWERED = "silent after a commit"


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut for some seconds; with `is_outlasted` the engine lives until it trades again, or is killed before."""

    kind: CutKind
    seconds: float
    is_outlasted: bool


class Cutter:
    """Cuts a line, one cut after the other; leaves it mended. `count` is called with the name of each that struck."""

    def __init__(self, line: Proxy, count: Callable[[str], None]) -> None:
        self._line, self._count = line, count
        self._pool, self._cutting = ThreadPoolExecutor(1), Future[None]()
        self._cutting.set_result(None)
        self._mended_at = -inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()
        self._pool.shutdown()

    def cut(self, cut: Cut) -> None:
        """Begins the cut when the one before is over; returns at once."""
        self.wait()
        self._mended_at = inf
        self._cutting = self._pool.submit(self._pass, cut)

    def wait(self) -> None:
        """Returns when the line is whole."""
        self._cutting.result()

    def has_cut_since(self, at: float) -> bool:
        """Whether the line was cut at or after this time (of `time.monotonic`)."""
        return self._mended_at >= at

    def _pass(self, cut: Cut) -> None:
        if self._strikes(cut.kind):
            self._count(f"Kafka {cut.kind}")
            time.sleep(cut.seconds)
        self._line.mend()
        self._mended_at = time.monotonic()

    def _strikes(self, kind: CutKind) -> bool:
        if kind is CutKind.SILENT:
            self._line.silence()
            return True
        if kind is CutKind.REFUSED:
            self._line.refuse()
            return True
        struck = self._line.cut_at(ends_a_transaction, arrives=kind is CutKind.COMMIT_UNANSWERED)
        struck.wait(_AWAITED)
        self._line.spare()
        return struck.is_set()
