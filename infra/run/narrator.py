"""What the engine does, told line by line as it does it: each event in words, under its chain's correlation id."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.log import Envelope
from projections.sentences import sentence

_log = logging.getLogger(__name__)


class Narrator:
    """An `Observer` that logs what was recorded; candles that nobody said anything on are not worth a line."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`."""
        for envelope in envelopes:
            meta = envelope.meta
            told = {"correlation_id": meta.correlation_id, "stream": meta.stream, "actor": meta.actor}
            _log.info("%s: %s", type(envelope.event).__name__, sentence(envelope.event), extra=told)
