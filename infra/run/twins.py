"""Chains of two logs that one outside fact began: their ids differ, because they depend on the log's id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from domain.command_fact import chain_fact
from domain.log import Envelope, chain_id, is_outside_fact
from domain.signal import SignalDetected

_CHAIN = re.compile(r"[0-9a-hjkmnp-tv-z]{13}")


class Twins:
    """The chains of a log with the id `own`, each beside the chain that the log with the id `source` has for its fact.

    A chain without a twin keeps its own name: it began with an event, not with an outside fact.
    """

    def __init__(self, own: UUID, source: UUID, account: str) -> None:
        self._own, self._source, self._account = own, source, account
        self._of_source: dict[str, str] = {}
        self._of_own: dict[str, str] = {}

    def observe(self, envelope: Envelope) -> None:
        """Takes an event of the own log; the first one of a chain shows its fact."""
        meta = envelope.meta
        if meta.correlation_id in self._of_source or not is_outside_fact(meta.causation_id):
            return
        for fact in _facts(envelope):
            if chain_id(self._own, self._account, fact) == meta.correlation_id:
                twin = chain_id(self._source, self._account, fact)
                self._of_source[meta.correlation_id] = twin
                self._of_own[twin] = meta.correlation_id

    def in_source(self, name: str) -> str:
        """An order's id with the name that its chain has in the source."""
        return _CHAIN.sub(lambda found: self._of_source.get(found[0], found[0]), name, count=1)

    def in_own(self, name: str) -> str:
        """An order's id of the source with the name that its chain has in the own log."""
        return _CHAIN.sub(lambda found: self._of_own.get(found[0], found[0]), name, count=1)


def _facts(envelope: Envelope) -> Iterator[str]:
    """The facts from which the chain's id can be derived: a candle begins one chain for each strategy instance."""
    cause = envelope.meta.causation_id
    if isinstance(envelope.event, SignalDetected):
        yield f"{cause}/{envelope.event.strategy}"
    yield chain_fact(cause)
