"""A snapshot of a world: its states as bytes, from which they come back faster than from the log.

A snapshot is a sequence of parts. The first part holds all states, each later one those that changed since. A part is
written in pieces of some ten states, so that a thread that writes it never keeps the engine waiting for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import Raw, Struct
from msgspec.msgpack import Decoder

from commands.commanded import Followed, KeptCommand
from commands.door import EventNamed
from commands.packing import decoder, encoded
from commands.states import Kept, Kind
from commands.world import FOLDS, Changes, World
from domain.events import BY_FULL_NAME
from domain.portfolio import Portfolio, altered
from domain.tiers import Trades

_AT_ONCE = 16
"""The number of states in a piece."""


class Capture(NamedTuple):
    """What a part holds of a world at `ordinal`, by reference: states are immutable, so the engine may go on.

    `after` is the ordinal of the part before; 0 for the first part, which holds everything.
    """

    after: int
    ordinal: int
    rows: Sequence[tuple[str, int, str, object]]
    facts: Sequence[str]
    commands: Sequence[KeptCommand]
    of_unit: Mapping[str, str]
    portfolio: Portfolio


def captured(world: World, after: int = 0) -> Capture:
    """Everything that changed in the world since the capture at the ordinal `after`; all of it for 0.

    From now on the world collects what changes for the next capture. Raises ValueError where it does not collect since
    `after`.
    """
    changes = _all_of(world) if after == 0 else world.changes
    if changes is None:
        raise ValueError(f"the world does not collect what has changed since ordinal {after}")
    world.changes = Changes()
    states, versions, chains = world.states, world.versions, world.chains
    return Capture(
        after,
        world.ordinal,
        [(stream, versions[stream], chains[stream], states.kept(stream)) for stream in changes.streams],
        changes.facts,
        [world.commanded.kept(command) for command in changes.commands],
        dict(world.commanded.of_unit),
        world.portfolio,
    )


def _all_of(world: World) -> Changes:
    changes = Changes()
    changes.streams, changes.facts = dict.fromkeys(world.states), sorted(world.taken_facts)
    changes.commands = dict.fromkeys(world.commanded.commands)
    return changes


def pieces(capture: Capture) -> Iterator[bytes]:
    """The bytes of the part, in pieces; msgpack of `_Part`."""
    kinds: dict[str, list[object]] = {}
    numbers: list[int] = []
    places: dict[str, int] = {}
    for _stream, _version, _chain, state in capture.rows:
        kind, plain = _kind_and_state(state)
        kinds.setdefault(kind, []).append(plain)
        numbers.append(places.setdefault(kind, len(places)))
    yield _array(len(_Part.__struct_fields__))
    yield encoded(capture.after) + encoded(capture.ordinal) + encoded(list(kinds))
    yield from _listed(numbers)
    for column in range(3):
        yield from _listed([row[column] for row in capture.rows])
    yield _array(len(kinds))
    for states in kinds.values():
        yield from _listed(states)
    yield from _listed(capture.facts)
    yield from _listed([_command(one) for one in capture.commands])
    yield encoded(capture.of_unit)
    trades = capture.portfolio.trades
    yield encoded(altered(capture.portfolio, trades=_with_won(trades, won=0)))
    yield encoded(trades.won.to_bytes(trades.won.bit_length() // 8 + 1, "big"))


def restored(parts: Iterable[bytes]) -> World:
    """The world at the last of these parts, which are in order; it collects changes from now on.

    Raises ValueError where a part does not follow the one before or does not decode (`msgspec.MsgspecError` is one).
    """
    world = World()
    for part in parts:
        _add(world, _part(part))
    world.changes = Changes()
    return world


class _Command(Struct, frozen=True, gc=False, array_like=True):
    command: str
    fingerprint: str
    actor: str
    followed: list[tuple[EventNamed, Raw]]


class _Part(Struct, frozen=True, gc=False, array_like=True):
    """`names` are the kinds of states; `numbers` has the place of each stream's kind in it, `states` those by kind."""

    after: int
    ordinal: int
    names: list[str]
    numbers: list[int]
    streams: list[str]
    versions: list[int]
    chains: list[str]
    states: list[list[Raw]]
    facts: list[str]
    commands: list[_Command]
    of_unit: dict[str, str]
    portfolio: Portfolio
    won: bytes


def _add(world: World, part: _Part) -> None:
    if part.after != world.ordinal:
        raise ValueError(f"a part that follows ordinal {part.after} was found after ordinal {world.ordinal}")
    kinds = [_kept_kind(name) for name in part.names]
    world.states.keep(part.streams, part.numbers, list(zip(kinds, part.states, strict=True)))
    world.versions.update(zip(part.streams, part.versions, strict=True))
    world.chains.update(zip(part.streams, part.chains, strict=True))
    world.taken_facts.update(part.facts)
    world.commanded.restore(map(_kept, part.commands), part.of_unit)
    trades = _with_won(part.portfolio.trades, won=int.from_bytes(part.won, "big"))
    world.portfolio = altered(part.portfolio, trades=trades)
    world.ordinal = part.ordinal


def _with_won(trades: Trades, *, won: int) -> Trades:
    """The figures with other bits of won trades. They have up to 10,000 bits, and msgpack's integers have 64."""
    return Trades(
        count=trades.count,
        won=won,
        losses_in_a_row=trades.losses_in_a_row,
        peak=trades.peak,
        balance=trades.balance,
    )


def _command(kept: KeptCommand) -> tuple[object, ...]:
    followed = [(one.named, one.event) for one in kept.followed]
    return kept.command, kept.fingerprint, kept.actor, followed


def _kept(command: _Command) -> KeptCommand:
    followed = [Followed(named, _event(named.type, raw)) for named, raw in command.followed]
    return KeptCommand(command.command, command.fingerprint, command.actor, followed)


def _event(full_name: str, raw: Raw) -> Any:
    return decoder(BY_FULL_NAME[full_name]).decode(raw)


def _kept_kind(name: str) -> Kind:
    of = _kinds()[name]
    return Kind(get_origin(of) or of, decoder(of).decode)


@cache
def _kinds() -> Mapping[str, Any]:
    """The type of each kind of state, by its name: what the folds of all nouns return."""
    folds = {evolve for _, evolve in FOLDS.values()}
    found = {one for evolve in folds for one in _members(get_type_hints(evolve)["return"])}
    return {_kind_of(get_origin(one) or one): one for one in found if one is not type(None)}


def _members(returned: Any) -> tuple[Any, ...]:
    return get_args(returned) if isinstance(returned, UnionType) else (returned,)


def _kind_and_state(state: object) -> tuple[str, object]:
    """The name of the state's kind, and what is encoded: the bytes of a state that is not decoded stay as they are."""
    if isinstance(state, Kept):
        return _kind_of(state.kind.type), Raw(state.state)
    return _kind_of(type(state)), state


def _kind_of(state: type) -> str:
    """The name of a state's class; one name for all mappings."""
    return "mapping" if issubclass(state, Mapping) else f"{state.__module__}.{state.__qualname__}"


_part = Decoder(_Part).decode


def _array(length: int) -> bytes:
    """The head of a msgpack array with so many elements."""
    return b"\xdd" + length.to_bytes(4, "big")


def _listed(values: Sequence[object]) -> Iterator[bytes]:
    yield _array(len(values))
    left = iter(values)
    while some := list(islice(left, _AT_ONCE)):
        yield b"".join(map(encoded, some))
