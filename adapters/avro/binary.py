"""Avro's binary encoding of what has no fixed size: longs, and the sizes of texts and blocks.

A long is zigzag coded (0, -1, 1, -2 … become 0, 1, 2, 3 …) and written seven bits a byte, the lowest first; the top
bit of every byte but the last is set. See https://avro.apache.org/docs/1.12.0/specification/#binary-encoding.
"""

from __future__ import annotations

from typing import Final

MORE: Final = 0x80
"""The bit of a byte that another one follows."""

UNUSUAL: Final = 0x81
"""The bits of a size's first byte that say it is of more than one byte, or negative."""

_LAST_SHIFT: Final = 63
_TOO_MUCH: Final = 1 << 64


def long(value: int) -> bytes:
    """The bytes of a long of 64 bits."""
    left = value << 1 if value >= 0 else ~(value << 1)
    out = bytearray()
    while left >= MORE:
        out.append(left & 0x7F | MORE)
        left >>= 7
    out.append(left)
    return bytes(out)


SHORT: Final = tuple(map(long, range(1024)))
"""The bytes of the longs that sizes, counts and versions mostly are."""


def sized(data: bytes) -> bytes:
    """The bytes of a text or of bytes: their size, then themselves."""
    size = len(data)
    return (SHORT[size] if size < len(SHORT) else long(size)) + data


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
    size = data[at]
    if size & UNUSUAL:
        at, end = span_at(data, at)
    else:
        at += 1
        end = at + (size >> 1)
    return data[at:end].decode(), end


def span_at(data: bytes, at: int) -> tuple[int, int]:
    """Where the text that begins at `at` with its size begins and ends. Raises IndexError, ValueError for no size."""
    size, begin = long_at(data, at)
    if size < 0:
        raise ValueError(f"a text has a size of {size}")
    return begin, begin + size


def block_at(data: bytes, at: int) -> tuple[int, int]:
    """How many items the block that begins at `at` has (0: there are no more), and where its first item begins.

    A negative count is followed by the size of the block, which only those need who skip it.
    """
    count, at = long_at(data, at)
    return (count, at) if count >= 0 else (-count, long_at(data, at)[1])


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
