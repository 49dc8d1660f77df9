"""Names of two logs that one outside fact leads to: they differ, because they depend on the log's id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from domain.command_fact import chain_fact
from domain.log import Envelope, Meta, chain_id, event_id, id_text, is_outside_fact
from domain.order import OrderPlaced
from domain.position import PositionClosing
from domain.signal import SignalDetected
from domain.streams import parse

_DIGITS = 13
_NAME = re.compile(rf"(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{{{_DIGITS}}}(?![0-9a-z])")


class Twins:
    """The names of the log with the id `own`, each beside the name that the log with the id `source` has for it.

    A name is the id of a chain, or the beginning of an order's id that is derived from an event. What the source never
    had keeps its name.
    """

    def __init__(self, own: UUID, source: UUID, account: str) -> None:
        self._own, self._source, self._account = own, source, account
        self._of_source: dict[str, str] = {}
        self._of_own: dict[str, str] = {}
        self._recent: dict[str, tuple[str, int]] = {}
        self._at = datetime.min.replace(tzinfo=UTC)

    def observe(self, envelope: Envelope) -> None:
        """Takes the next event of the own log; the first one with a name shows what it is derived from."""
        meta, event = envelope.meta, envelope.event
        self._remember(meta)
        if meta.correlation_id not in self._of_source and is_outside_fact(meta.causation_id):
            for fact in _facts(envelope):
                self._of_fact(meta.correlation_id, fact)
        if isinstance(event, PositionClosing):
            self._of_close(event.orders[:_DIGITS], meta, meta.stream)
        elif isinstance(event, OrderPlaced) and meta.causation_id in self._recent:
            self._of_close(parse(meta.stream).id[:_DIGITS], meta, self._recent[meta.causation_id][0])

    def in_source(self, text: str) -> str:
        """The id of an order, or a stream, with the name that the source has for it."""
        return _NAME.sub(lambda found: self._of_source.get(found[0], found[0]), text)

    def in_own(self, text: str) -> str:
        """The id of an order of the source with the name that the own log has for it."""
        return _NAME.sub(lambda found: self._of_own.get(found[0], found[0]), text)

    def _remember(self, meta: Meta) -> None:
        """Keeps the events of one instant: what an event leads to is recorded with it."""
        if meta.recorded_at != self._at:
            self._recent.clear()
            self._at = meta.recorded_at
        self._recent[id_text(meta.event_id)] = meta.stream, meta.version

    def _of_fact(self, name: str, fact: str) -> None:
        self._take(
            name, chain_id(self._own, self._account, fact), chain_id(self._source, self._account, fact)
        )

    def _of_close(self, name: str, meta: Meta, position: str) -> None:
        """The orders of a close have a name that is derived from the event, or the instant, that led to it."""
        if name in self._of_source:
            return
        if is_outside_fact(meta.causation_id):
            self._of_fact(name, f"{meta.causation_id}/{position}")
        elif meta.causation_id in self._recent:
            stream, version = self._recent[meta.causation_id]
            cause = event_id(self._source, self.in_source(stream), version)
            own = chain_id(UUID(meta.causation_id), self._account, position)
            self._take(name, own, chain_id(cause, self._account, position))

    def _take(self, name: str, derived: str, twin: str) -> None:
        if derived == name:
            self._of_source[name], self._of_own[twin] = twin, name


def _facts(envelope: Envelope) -> Iterator[str]:
    """The facts from which the chain's id can be derived: a candle begins one chain for each strategy instance."""
    cause = envelope.meta.causation_id
    if isinstance(envelope.event, SignalDetected):
        yield f"{cause}/{envelope.event.strategy}"
    yield chain_fact(cause)
