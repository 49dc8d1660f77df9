"""A log in a list, which raises the same errors as every log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from adapters.avro.codec import AvroCodec
from domain.errors import Conflict
from domain.log import Envelope, Recorded


@cache
def codec() -> AvroCodec:
    return AvroCodec()


class ListLog:
    """Events that cannot be encoded as Avro are refused; `units` holds the head after each append."""

    def __init__(self, envelopes: Iterable[Envelope] = ()) -> None:
        self.envelopes: list[Envelope] = list(envelopes)
        self.units: list[int] = []
        self._versions = Counter(envelope.meta.stream for envelope in self.envelopes)

    def head(self) -> int:
        return len(self.envelopes)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        head = self.head() if upto is None else min(upto, self.head())
        for ordinal in range(after + 1, head + 1):
            yield Recorded(ordinal, self.envelopes[ordinal - 1])

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        for recorded in self.read():
            meta = recorded.envelope.meta
            if meta.stream == stream and meta.version > after:
                yield recorded.envelope

    def append(self, envelopes: Sequence[Envelope]) -> int:
        versions = self._versions.copy()
        for envelope in envelopes:
            codec().encode(envelope)
            meta = envelope.meta
            if meta.version != versions[meta.stream] + 1:
                raise Conflict(
                    f"{meta.stream} is at version {versions[meta.stream]}, not before {meta.version}"
                )
            versions[meta.stream] += 1
        self._versions = versions
        self.envelopes.extend(envelopes)
        self.units.append(self.head())
        return self.head()

    def check(self) -> None:
        return None

    def check_answers(self) -> None:
        return None

    def close(self) -> None:
        return None


class InterruptedLog(ListLog):
    """Calls `before` before each append; `before` appends as another writer, or raises as a store without response."""

    def __init__(self, envelopes: Iterable[Envelope], before: Callable[[], None]) -> None:
        super().__init__(envelopes)
        self.before = before
        self.attempts = 0

    def append(self, envelopes: Sequence[Envelope]) -> int:
        self.attempts += 1
        self.before()
        return super().append(envelopes)
