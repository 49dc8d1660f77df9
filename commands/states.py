"""The states of a world by stream. Those of a snapshot stay as bytes until they are read: most streams have ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, NamedTuple

from msgspec import MsgspecError, Raw

from domain.errors import LogCorrupt


class Kind(NamedTuple):
    """One kind of states in a snapshot: their class, and what makes one of its bytes."""

    type: type
    decode: Callable[[Raw], Any]


_KEPT: Final = tuple
"""No state is a tuple, so a tuple is a state that is not decoded yet: its kind and its bytes."""


class States(Mapping[str, Any]):
    """A mapping in the order of the streams' first events. It belongs to the thread of the engine.

    Every read decodes; `of` decodes only the states that it returns.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def __getitem__(self, stream: str) -> Any:
        held = self._held[stream]
        return self._decoded(stream, held) if type(held) is _KEPT else held

    def __setitem__(self, stream: str, state: object) -> None:
        self._held[stream] = state

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, stream: object) -> bool:
        return stream in self._held

    def get(self, stream: str, default: Any = None) -> Any:
        """The state of the stream; `default` where it has no event."""
        held = self._held.get(stream, default)
        return self._decoded(stream, held) if type(held) is _KEPT else held

    def of(self, *kinds: type) -> Iterator[tuple[str, Any]]:
        """The streams whose states are of exactly these classes, with their states, in order."""
        return self._chosen(self._held.items(), kinds)

    def latest(self, *kinds: type) -> Iterator[tuple[str, Any]]:
        """The same, the stream whose first event is the last one first."""
        return self._chosen(reversed(self._held.items()), kinds)

    def _chosen(
        self, held_by: Iterable[tuple[str, Any]], kinds: Collection[type]
    ) -> Iterator[tuple[str, Any]]:
        for stream, held in held_by:
            if type(held) is not _KEPT:
                if type(held) in kinds:
                    yield stream, held
            elif held[0].type in kinds:
                yield stream, self._decoded(stream, held)

    def update(self, states: Mapping[str, Any]) -> None:
        """Takes these states."""
        self._held.update(states)

    def keep(
        self, streams: Sequence[str], numbers: Sequence[int], kept: Sequence[tuple[Kind, list[Raw]]]
    ) -> None:
        """Takes the states of a snapshot, without decoding them.

        `kept` has them by kind, each in the order of its streams; `numbers` has the place of each stream's kind in it.
        Raises ValueError where these do not fit together.
        """
        by_kind = [zip(repeat(kind), states) for kind, states in kept]
        self._held.update(zip(streams, map(next, map(by_kind.__getitem__, numbers)), strict=True))

    def _decoded(self, stream: str, held: tuple[Kind, Raw]) -> Any:
        kind, kept = held
        try:
            self._held[stream] = state = kind.decode(kept)
        except MsgspecError as fault:
            raise LogCorrupt(
                f"{stream}: its state in the snapshot does not decode: {fault}; delete its file and start again"
            ) from fault
        return state
