"""aiokafka's log without its repetitions, as that of librdkafka (`repeats`), from the import of this module on.

Without a broker its consumers log some forty lines a second.
"""

from __future__ import annotations

import logging
from typing import Final

from adapters.kafka.repeats import Repeats

_LOG: Final = logging.getLogger(__name__)


class _Summed(logging.Handler):
    """Passes each record on to `repeats`, and one with a traceback as it is."""

    def __init__(self, repeats: Repeats) -> None:
        super().__init__()
        self._repeats = repeats

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            _LOG.log(record.levelno, "%s", record.getMessage(), exc_info=record.exc_info)
        else:
            self._repeats.log(record.levelno, record.getMessage())


_THEIRS: Final = logging.getLogger("aiokafka")
_THEIRS.addHandler(_Summed(Repeats(_LOG)))
_THEIRS.propagate = False
