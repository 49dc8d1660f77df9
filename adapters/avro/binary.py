"""Avro's variable-length binary encoding: longs, and the sizes of texts and blocks.

A long is zigzag coded (0, -1, 1, -2 … become 0, 1, 2, 3 …) and written seven bits a byte, the lowest first; the top
bit of every byte but the last is set. See https://avro.apache.org/docs/1.12.0/specification/#binary-encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

_T = TypeVar("_T")

MORE: Final = 0x80
"""The bit that is set in every byte of a long but the last."""

UNUSUAL: Final = 0x81
"""Bits of a size's first byte: 0x80 is set where the size takes more than one byte, 0x01 where it is negative."""

_LAST_SHIFT: Final = 63
_TOO_MUCH: Final = 1 << 64


def long(value: int) -> bytes:
    """Encodes a long of 64 bits."""
    left = value << 1 if value >= 0 else ~(value << 1)
    if _LEAST_OF_EIGHT <= left < _LEAST_OF_NINE:
        return _of_eight(left)
    out = bytearray()
    while left >= MORE:
        out.append(left & 0x7F | MORE)
        left >>= 7
    out.append(left)
    return bytes(out)


_LEAST_OF_EIGHT: Final = 1 << 49
_LEAST_OF_NINE: Final = 1 << 56


def _of_eight(left: int) -> bytes:
    """Encodes a zigzag-coded long of eight bytes, as times from 1978 to 3111 are, without a loop."""
    return bytes(
        (
            left & 0x7F | MORE,
            left >> 7 & 0x7F | MORE,
            left >> 14 & 0x7F | MORE,
            left >> 21 & 0x7F | MORE,
            left >> 28 & 0x7F | MORE,
            left >> 35 & 0x7F | MORE,
            left >> 42 & 0x7F | MORE,
            left >> 49,
        )
    )


SHORT: Final = tuple(map(long, range(1024)))
"""The encoded longs 0 to 1023. Most sizes, counts and versions are below 1024."""


def size(number: int) -> bytes:
    """Encodes a long that is not negative. A long below 1024, as most are, is taken from a table."""
    return SHORT[number] if number < len(SHORT) else long(number)


def block(items: Sequence[bytes]) -> bytes:
    """Encodes all items of an array or a map as one block, with the end marker."""
    return b"".join((size(len(items)), *items, b"\0")) if items else b"\0"


def long_at(data: bytes, at: int) -> tuple[int, int]:
    """Reads the long at `at`; returns it and the offset after it. Raises IndexError or ValueError for other bytes."""
    left = data[at]
    at += 1
    if left >= MORE:
        left, at = _all_of(left, data, at)
    return (left >> 1) ^ -(left & 1), at


def text_at(data: bytes, at: int) -> tuple[str, int]:
    """Reads the size and the text at `at`; returns the text and the offset after it.

    A text that ends beyond `data` is cut at the end of `data`, and the returned offset is still that of the text's full
    size. Raises IndexError or ValueError where the bytes are not a text.
    """
    end = data[at]
    if end & UNUSUAL:
        at, end = span_at(data, at)
    else:
        at += 1
        end = at + (end >> 1)
    return data[at:end].decode(), end


def span_at(data: bytes, at: int) -> tuple[int, int]:
    """Reads the size at `at`; returns the offsets of its text's begin and end. Raises IndexError or ValueError."""
    length, begin = long_at(data, at)
    if length < 0:
        raise ValueError(f"a text has a negative size: {length}")
    return begin, begin + length


def block_at(data: bytes, at: int) -> tuple[int, int]:
    """Reads a block's header at `at`; returns its number of items (0: end of the array) and the offset of the first.

    The block's size in bytes follows a negative count, so that a reader can skip the block; it is not used here.
    """
    count, at = long_at(data, at)
    return (count, at) if count >= 0 else (-count, long_at(data, at)[1])


def items_at(data: bytes, at: int, item_at: Callable[[bytes, int], tuple[_T, int]]) -> tuple[list[_T], int]:
    """Reads the array or map at `at`; returns its items and the offset after it."""
    items: list[_T] = []
    count, at = block_at(data, at)
    while count:
        for _ in range(count):
            item, at = item_at(data, at)
            items.append(item)
        count, at = block_at(data, at)
    return items, at


def texts_at(data: bytes, at: int) -> tuple[tuple[str, ...], int]:
    """Reads the array of texts at `at`; returns the texts and the offset after the array. Fast for an empty array."""
    if data[at] == 0:
        return (), at + 1
    texts, at = items_at(data, at, text_at)
    return tuple(texts), at


FLAGS: Final = {0: False, 1: True}
"""The boolean that each byte encodes."""


def _all_of(first: int, data: bytes, at: int) -> tuple[int, int]:
    left, shift = first & 0x7F, 7
    while shift <= _LAST_SHIFT:
        byte = data[at]
        at += 1
        left |= (byte & 0x7F) << shift
        if byte < MORE and left < _TOO_MUCH:
            return left, at
        shift += 7
    raise ValueError("a whole number has more than 64 bits")
