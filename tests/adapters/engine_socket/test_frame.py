"""Frames are cut out of a stream of bytes however it is split, and invalid headers are refused at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.engine_socket.frame import Frame, FrameReader, Kind
from domain.errors import InvalidInput

LARGEST = 1_000
FRAMES = st.lists(
    st.builds(Frame, st.sampled_from(Kind), st.integers(0, 2**64 - 1), st.binary(max_size=LARGEST)),
    max_size=5,
)


@given(FRAMES, st.integers(1, 50))
def test_written_frames_are_read_equal_from_pieces_of_any_size(frames: list[Frame], size: int) -> None:
    stream = b"".join(frame.written() for frame in frames)
    reader = FrameReader(tuple(Kind), LARGEST)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [frame for piece in pieces for frame in reader.frames(piece)] == frames


@given(st.lists(st.binary(max_size=200)))
def test_any_bytes_give_frames_or_are_refused_as_invalid(pieces: list[bytes]) -> None:
    reader = FrameReader((Kind.UP, Kind.REQUEST), LARGEST)
    try:
        found = [frame for piece in pieces for frame in reader.frames(piece)]
    except InvalidInput:
        return
    assert all(frame.kind in (Kind.UP, Kind.REQUEST) and len(frame.body) <= LARGEST for frame in found)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param(Frame(Kind.REQUEST, 1, bytes(LARGEST + 1)).written()[:13], "too long", id="long body"),
        pytest.param(b"\xff\xff\xff\xff\x03" + bytes(8), "too long", id="longest body"),
        pytest.param(bytes(13), "kind 0", id="kind zero"),
        pytest.param(Frame(Kind.STOP).written(), "kind 20", id="kind of the other end"),
        pytest.param(b"GET / HTTP/1.1\r\n", "is not accepted", id="another protocol"),
    ],
)
def test_an_invalid_header_is_refused_before_its_body_arrives(header: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        list(FrameReader((Kind.UP, Kind.REQUEST), LARGEST).frames(header))
