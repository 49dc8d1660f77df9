"""Avro's binary encoding of what has no fixed size: longs, and the sizes of texts and blocks.

A long is zigzag coded (0, -1, 1, -2 … become 0, 1, 2, 3 …) and written seven bits a byte, the lowest first; the top
bit of every byte but the last is set. See https://avro.apache.org/docs/1.12.0/specification/#binary-encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

_T = TypeVar("_T")

MORE: Final = 0x80
"""The bit of a byte that another one follows."""

UNUSUAL: Final = 0x81
"""The bits of a size's first byte that say it is of more than one byte, or negative."""

_LAST_SHIFT: Final = 63
_TOO_MUCH: Final = 1 << 64


def long(value: int) -> bytes:
    """The bytes of a long of 64 bits."""
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
    """Every moment of our times has eight bytes, so they have no loop."""
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
"""The bytes of the longs that sizes, counts and versions mostly are."""


def size(number: int) -> bytes:
    """The bytes of a long that is not negative, and mostly short."""
    return SHORT[number] if number < len(SHORT) else long(number)


def block(items: Sequence[bytes]) -> bytes:
    """All items of an array or a map in one block, and the end of it."""
    return b"".join((size(len(items)), *items, b"\0")) if items else b"\0"


def long_at(data: bytes, at: int) -> tuple[int, int]:
    """The long that begins at `at`, and where it ends. Raises IndexError, ValueError for what is none."""
    left = data[at]
    at += 1
    if left >= MORE:
        left, at = _all_of(left, data, at)
    return (left >> 1) ^ -(left & 1), at


def text_at(data: bytes, at: int) -> tuple[str, int]:
    """The text that begins at `at` with its size, and where it ends; one that ends beyond the bytes is cut there.

    Raises IndexError, ValueError for what is none.
    """
    end = data[at]
    if end & UNUSUAL:
        at, end = span_at(data, at)
    else:
        at += 1
        end = at + (end >> 1)
    return data[at:end].decode(), end


def span_at(data: bytes, at: int) -> tuple[int, int]:
    """Where the text that begins at `at` with its size begins and ends. Raises IndexError, ValueError for no size."""
    told, begin = long_at(data, at)
    if told < 0:
        raise ValueError(f"a text has a size of {told}")
    return begin, begin + told


def block_at(data: bytes, at: int) -> tuple[int, int]:
    """How many items the block that begins at `at` has (0: there are no more), and where its first item begins.

    A negative count is followed by the size of the block, which only those need who skip it.
    """
    count, at = long_at(data, at)
    return (count, at) if count >= 0 else (-count, long_at(data, at)[1])


def items_at(data: bytes, at: int, item_at: Callable[[bytes, int], tuple[_T, int]]) -> tuple[list[_T], int]:
    """The items of the array or map that begins at `at`, and where it ends."""
    items: list[_T] = []
    count, at = block_at(data, at)
    while count:
        for _ in range(count):
            item, at = item_at(data, at)
            items.append(item)
        count, at = block_at(data, at)
    return items, at


def texts_at(data: bytes, at: int) -> tuple[tuple[str, ...], int]:
    """The texts of the array that begins at `at`, and where it ends; mostly there is none."""
    if data[at] == 0:
        return (), at + 1
    texts, at = items_at(data, at, text_at)
    return tuple(texts), at


FLAGS: Final = {0: False, 1: True}
"""What the byte of a boolean means."""


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
