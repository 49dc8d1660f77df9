"""The states of a world by stream. Most streams have ended, and their states are bytes until they are read.

Those of a snapshot come as bytes. While an engine runs, states of some classes become bytes again once others of these
classes were written or read after them (`Packing`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import MsgspecError, Raw

from domain.errors import LogCorrupt


class Kind(NamedTuple):
    """One kind of states that are kept as bytes: their class, and what makes one of its bytes."""

    type: type
    decode: Callable[[Raw | bytes], Any]


class Packing(NamedTuple):
    """How the states of a class are packed: their kind, and what makes the bytes of one, which decode to an equal
    state."""

    kind: Kind
    encode: Callable[[Any], bytes]


class Kept(NamedTuple):
    """A state as bytes, with its kind."""

    kind: Kind
    state: Raw | bytes


UNPACKED = 256
"""Of the states that may be packed, the number of those last written or read, which are not."""

_KEPT: Any = tuple
"""No state is a tuple, so a tuple is a state that is not decoded: its kind and its bytes."""
_NONE: Mapping[type, Packing] = MappingProxyType({})


class States(Mapping[str, Any]):
    """A mapping in the order of the streams' first events. It belongs to the thread of the engine.

    Every read decodes; `of` decodes only the states that it returns.
    """

    __slots__ = ("_held", "_packings", "_unpacked")

    def __init__(self, packings: Mapping[type, Packing] = _NONE) -> None:
        """`packings` are those of the classes whose states are packed."""
        self._held: dict[str, Any] = {}
        self._packings = packings
        self._unpacked: OrderedDict[str, None] = OrderedDict()

    def __getitem__(self, stream: str) -> Any:
        held = self._held[stream]
        return self._decoded(stream, held) if type(held) is _KEPT else held

    def __setitem__(self, stream: str, state: object) -> None:
        self._held[stream] = state
        if type(state) in self._packings:
            self._used(stream)

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
        for stream, state in states.items():
            if type(state) in self._packings:
                self._used(stream)

    def kept(self, stream: str) -> Any:
        """The state of the stream, or where it is not decoded its bytes, as `Kept`; nothing is decoded."""
        held = self._held[stream]
        return Kept(*held) if type(held) is _KEPT else held

    def keep(
        self, streams: Sequence[str], numbers: Sequence[int], kept: Sequence[tuple[Kind, list[Raw]]]
    ) -> None:
        """Takes the states of a snapshot, without decoding them.

        `kept` has them by kind, each in the order of its streams; `numbers` has the place of each stream's kind in it.
        Raises ValueError where these do not fit together.
        """
        by_kind = [zip(repeat(kind), states) for kind, states in kept]
        self._held.update(zip(streams, map(next, map(by_kind.__getitem__, numbers)), strict=True))

    def _decoded(self, stream: str, held: tuple[Kind, Raw | bytes]) -> Any:
        kind, kept = held
        try:
            self._held[stream] = state = kind.decode(kept)
        except MsgspecError as fault:
            raise LogCorrupt(
                f"{stream}: its state in the snapshot does not decode: {fault}; delete its file and start again"
            ) from fault
        if kind.type in self._packings:
            self._used(stream)
        return state

    def _used(self, stream: str) -> None:
        """Notes that the state was written or read, and packs the one for which that is longest ago."""
        unpacked = self._unpacked
        unpacked[stream] = None
        unpacked.move_to_end(stream)
        if len(unpacked) > UNPACKED:
            oldest, _ = unpacked.popitem(last=False)
            state: object = self._held[oldest]
            packing = self._packings.get(type(state))
            if packing is not None:
                self._held[oldest] = (packing.kind, packing.encode(state))
