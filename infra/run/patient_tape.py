"""A followed tape whose store may be away for a while."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from adapters.inputs.batch import TapedInput
from adapters.inputs.following import FollowedTape
from domain.errors import LogUnavailable

_log = logging.getLogger(__name__)


class PatientTape:
    """Ends a read where the tape's store does not answer; the next read goes on there.

    `fault` is why the last read ended early; None where it reached the end of the tape.
    """

    def __init__(self, tape: FollowedTape) -> None:
        self._tape = tape
        self.fault: LogUnavailable | None = None

    def new(self) -> Iterator[TapedInput]:
        """See `FollowedTape`; raises no LogUnavailable."""
        try:
            yield from self._tape.new()
        except LogUnavailable as fault:
            if self.fault is None:
                _log.warning("%s; the tape is read on once it answers", fault)
            self.fault = fault
            return
        if self.fault is not None:
            _log.info("the tape answers again")
        self.fault = None
