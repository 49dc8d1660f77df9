"""The states of a snapshot stay bytes until they are read, and ended states become bytes again."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw, Struct
from msgspec.msgpack import Decoder, encode

from commands import states as states_module
from commands.states import Kept, Kind, Packing, States
from domain.errors import LogCorrupt


class Open(Struct, frozen=True):
    quantity: int


class Ended(Struct, frozen=True):
    result: str


class Counted:
    """Decodes, and counts how often."""

    def __init__(self, of: type) -> None:
        self.kind, self.count = Kind(of, self._decode), 0
        self._decoder: Decoder[Any] = Decoder(of)

    def _decode(self, raw: Raw | bytes) -> Any:
        self.count += 1
        return self._decoder.decode(raw)


def raw(state: object) -> Raw:
    return Raw(encode(state))


def kept() -> tuple[States, Counted, Counted]:
    """`a` is open, `b` and `c` have ended; the counts of decoded states by kind."""
    opened, ended, states = Counted(Open), Counted(Ended), States()
    rows = [(opened.kind, [raw(Open(1))]), (ended.kind, [raw(Ended("won")), raw(Ended("lost"))])]
    states.keep(["a", "b", "c"], [0, 1, 1], rows)
    return states, opened, ended


def test_a_state_is_decoded_once_when_it_is_read() -> None:
    states, opened, ended = kept()
    assert ("b" in states, len(states), list(states)) == (True, 3, ["a", "b", "c"])
    assert (opened.count, ended.count) == (0, 0)
    assert states["b"] == states.get("b") == Ended("won")
    assert states.get("d") is None
    assert (opened.count, ended.count) == (0, 1)


def test_a_pass_over_one_class_decodes_no_other() -> None:
    states, opened, ended = kept()
    assert list(states.of(Open)) == [("a", Open(1))]
    assert (opened.count, ended.count) == (1, 0)
    assert dict(states) == {"a": Open(1), "b": Ended("won"), "c": Ended("lost")}


def test_a_later_state_takes_the_place_of_one_that_was_never_read() -> None:
    states, _, ended = kept()
    states.update({"b": Ended("drawn")})
    states["c"] = Open(2)
    assert list(states.of(Open)) == [("a", Open(1)), ("c", Open(2))]
    assert (states["b"], ended.count) == (Ended("drawn"), 0)


def test_rows_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        States().keep(["a", "b"], [0, 0], [(Counted(Open).kind, [raw(Open(1))])])


def test_a_state_that_does_not_decode_names_its_stream_and_the_remedy() -> None:
    states = States()
    states.keep(["a"], [0], [(Counted(Open).kind, [raw("no state")])])
    with pytest.raises(LogCorrupt, match=r"^a: its state in the snapshot does not decode: .*delete its file"):
        states.get("a")


def packing(monkeypatch: pytest.MonkeyPatch, unpacked: int) -> tuple[States, Counted]:
    """States of which those that have `Ended` are packed, all but the last few."""
    monkeypatch.setattr(states_module, "UNPACKED", unpacked)
    ended = Counted(Ended)
    return States({Ended: Packing(ended.kind, encode)}), ended


def packed(states: States) -> list[str]:
    return [stream for stream in states if isinstance(states.kept(stream), Kept)]


def test_of_the_states_that_are_packed_only_the_last_few_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    states, ended = packing(monkeypatch, 2)
    for number in range(6):
        states[f"open {number}"] = Open(number)
        states.update({f"ended {number}": Ended(str(number))})
    assert packed(states) == ["ended 0", "ended 1", "ended 2", "ended 3"]
    assert list(states.of(Open)) == [(f"open {number}", Open(number)) for number in range(6)]
    assert ended.count == 0


def test_a_packed_state_is_equal_when_it_is_read_and_another_is_packed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states, ended = packing(monkeypatch, 2)
    states.update({name: Ended(name) for name in ("a", "b", "c", "d")})
    assert packed(states) == ["a", "b"]
    assert states["a"] == states["a"] == Ended("a")
    assert (packed(states), ended.count) == (["b", "c"], 1)
    assert dict(states) == {name: Ended(name) for name in ("a", "b", "c", "d")}
    assert len(packed(states)) == 2


def test_a_state_that_was_read_from_a_snapshot_is_packed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    states, ended = packing(monkeypatch, 1)
    states.keep(["a", "b"], [0, 0], [(ended.kind, [raw(Ended("won")), raw(Ended("lost"))])])
    assert (states["a"], states["b"]) == (Ended("won"), Ended("lost"))
    assert packed(states) == ["a"]


def test_a_state_of_another_class_takes_the_place_of_one_that_would_be_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states, ended = packing(monkeypatch, 1)
    states["a"] = Ended("won")
    states["a"] = Open(3)
    states["b"] = Ended("lost")
    assert (packed(states), states["a"], ended.count) == ([], Open(3), 0)
