"""A snapshot at any ordinal, and the events after it, give the state that the whole log gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import states as states_module
from commands.states import Kept, States
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.direction import Side
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.signal import Decided
from domain.streams import parse
from tests.commands.desk import Desk, a_fill_of, funding, liquidation, long
from tests.domain.history import D
from tests.infra.run.test_manual_any import Step, lived, steps
from tests.projections.folded import a_run

_FIELDS = ("states", "versions", "chains", "taken_facts", "ordinal", "portfolio")
_COMMANDED = ("_by_command", "_fingerprints", "_of_unit", "_actors")


def part(world: World, after: int = 0) -> bytes:
    return b"".join(pieces(captured(world, after)))


def _plain(value: Any) -> Any:
    assert isinstance(value, MappingProxyType | States)
    return dict(cast(Mapping[Any, Any], value))


def exact(world: World) -> Any:
    """Everything in the world, with every digit of each Decimal, and the streams in their order."""
    fields = [getattr(world, name) for name in _FIELDS]
    fields += [getattr(world.commanded, name) for name in _COMMANDED]
    built = msgspec.to_builtins(fields, enc_hook=_plain, order="sorted")
    return built, list(world.states)


def check_same(one: World, other: World) -> None:
    for name in _FIELDS:
        assert getattr(one, name) == getattr(other, name), name
    assert exact(one) == exact(other)


def _paid_by_funding() -> Sequence[Envelope]:
    """A position that is funded and then liquidated: the facts of both are in no state."""
    desk = Desk().opened()
    (placed, *_) = [one for one in desk.see(long()) if isinstance(one.event, OrderPlaced)]
    order_id = parse(placed.meta.stream).id
    assert isinstance(placed.event, OrderPlaced)
    desk.tell(a_fill_of(order_id, "x1", placed.event.quantity, D(100)))
    desk.tell(funding("f1", D("-1.50")))
    desk.tell(liquidation("l1", Side.SELL, placed.event.quantity, D(90)))
    return desk.log.envelopes


HISTORIES: Mapping[str, Callable[[], Sequence[Envelope]]] = {
    "a run on a tape": lambda: a_run(1_500),
    "funding and a liquidation": _paid_by_funding,
}


@pytest.mark.parametrize("name", HISTORIES)
def test_parts_for_each_event_give_the_state_after_each_event(name: str) -> None:
    followed, events = World(), HISTORIES[name]()
    parts = [part(followed)]
    for envelope in events:
        followed.fold(envelope)
        parts.append(part(followed, followed.ordinal - 1))
    for until in range(len(parts), 1, -97):
        check_same(restored(parts[:until]), World().fold_all(events[: until - 1]))


def test_the_facts_of_funding_and_of_a_liquidation_are_in_the_snapshot() -> None:
    world = World().fold_all(_paid_by_funding())
    assert restored([part(world)]).taken_facts == {"exchange:test:f1", "exchange:test:l1"}


@given(st.data())
@settings(deadline=None, max_examples=20)
def test_a_snapshot_at_any_event_and_the_rest_give_the_state_of_the_whole_run(data: st.DataObject) -> None:
    events = a_run(1_500)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)), min_size=1, max_size=4), "cuts"))
    parts, world = list[bytes](), World()
    for cut in cuts:
        after = world.ordinal
        world.fold_all(events[after:cut])
        parts.append(part(world, after))
    resumed = restored(parts)
    check_same(resumed, world)
    check_same(resumed.fold_all(events[cuts[-1] :]), World().fold_all(events))


@given(steps, st.integers(0, 100))
@settings(deadline=None, max_examples=25)
def test_a_snapshot_at_any_moment_of_manual_trading_gives_the_state_of_the_log(
    wanted: list[Step], percent: int
) -> None:
    events = [one.envelope for one in lived(wanted, frozenset()).log.read()]
    at = len(events) * percent // 100
    resumed = restored([part(World().fold_all(events[:at]))])
    check_same(resumed, World().fold_all(events[:at]))
    check_same(resumed.fold_all(events[at:]), World().fold_all(events))


@given(steps)
@settings(deadline=None, max_examples=10)
def test_units_that_are_merged_are_collected_as_folded_events_are(wanted: list[Step]) -> None:
    hand = lived([], frozenset())
    parts = [part(hand.world)]
    for number, step in enumerate(wanted):
        request = step(hand)
        if request is not None:
            hand.ask(request, f"k{number}")
        hand.pass_seconds(1)
        parts.append(part(hand.world, after=_ordinal(parts)))
    check_same(restored(parts), World().fold_all(one.envelope for one in hand.log.read()))


def _ordinal(parts: Sequence[bytes]) -> int:
    return restored(parts).ordinal


def test_a_part_that_does_not_follow_the_one_before_is_refused() -> None:
    events = a_run(1_500)
    world = World().fold_all(events[:100])
    first = part(world)
    world.fold_all(events[100:200])
    second = part(world, 100)
    with pytest.raises(ValueError, match="follows ordinal 100 was found after ordinal 0"):
        restored([second])
    with pytest.raises(ValueError, match="follows ordinal 100 was found after ordinal 200"):
        restored([first, second, second])


def test_a_later_part_of_a_world_that_collects_no_changes_is_refused() -> None:
    with pytest.raises(ValueError, match="does not collect"):
        captured(World().fold_all(a_run(1_500)[:10]), after=5)


def test_bytes_that_are_cut_off_are_no_part() -> None:
    whole = part(World().fold_all(a_run(1_500)[:50]))
    with pytest.raises(ValueError, match="truncated"):
        restored([whole[:-10]])


def test_an_empty_world_has_a_snapshot() -> None:
    check_same(restored([part(World())]), World())


def test_signals_that_are_packed_change_neither_a_state_nor_a_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = a_run(1_500)
    monkeypatch.setattr(states_module, "UNPACKED", len(events))
    plain = World().fold_all(events)
    monkeypatch.setattr(states_module, "UNPACKED", 2)
    packed = World().fold_all(events)
    held = [packed.states.kept(stream) for stream in packed.states]
    assert sum(isinstance(one, Decided) for one in held) == 2
    assert any(isinstance(one, Kept) for one in held)
    assert part(packed) == part(plain)
    check_same(restored([part(packed)]), plain)
    check_same(packed, plain)
