"""Logs each recorded event as a sentence, with the correlation id of its chain."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.log import Envelope
from projections.sentences import sentence

_log = logging.getLogger(__name__)


class Narrator:
    """An `Observer` that logs recorded events; candles without events are not logged."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`."""
        for envelope in envelopes:
            meta = envelope.meta
            extra = {"correlation_id": meta.correlation_id, "stream": meta.stream, "actor": meta.actor}
            _log.info("%s: %s", type(envelope.event).__name__, sentence(envelope.event), extra=extra)
