"""The states of a snapshot stay bytes until they are read."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw, Struct
from msgspec.msgpack import Decoder, encode

from commands.states import Kind, States
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

    def _decode(self, raw: Raw) -> Any:
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
