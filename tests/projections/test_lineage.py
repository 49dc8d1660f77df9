"""The digest of a log's history depends on its events and their order, also where the log lacks ordinals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from projections import lineage
from projections.lineage import Frames, Lineage
from tests.projections.stores import WrittenLog

FRAMES = [(ordinal, b"event %d" % ordinal) for ordinal in (1, 2, 3, 5, 6, 9, 10, 11, 12, 14)]


def frames_of(frames: Sequence[tuple[int, bytes]]) -> Frames:
    def read(after: int, upto: int) -> Iterator[tuple[int, bytes]]:
        return (frame for frame in frames if after < frame[0] <= upto)

    return read


def test_with_missing_ordinals_a_digest_does_not_depend_on_what_was_read_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Anchors are at every second ordinal, and a read has four, so that both meet the missing ordinals."""
    monkeypatch.setattr(lineage, "_ANCHORS", 2)
    monkeypatch.setattr(lineage, "_AT_ONCE", 4)
    log = WrittenLog([])
    monkeypatch.setattr(log, "head", lambda: 14)
    used = Lineage(log, frames_of(FRAMES))
    in_turn = [used.digest_at(ordinal) for ordinal, _ in FRAMES]
    assert in_turn == [Lineage(log, frames_of(FRAMES)).digest_at(ordinal) for ordinal, _ in FRAMES]
    assert len(set(in_turn)) == len(FRAMES)
