"""Invalid inputs made from valid ones by seeded mutations, so that every run of a seed tries the same input.

`WHENCE_FUZZ_INPUTS` is the number of inputs of each test: 2,000 by default, 1,000,000 in the long form.
`WHENCE_FUZZ_SEED` is the first seed: 0 by default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from random import Random

INPUTS, FIRST_SEED = "WHENCE_FUZZ_INPUTS", "WHENCE_FUZZ_SEED"
_SHORT = 2_000
_LARGEST = 1 << 17

Mutation = Callable[[bytes, Random], bytes]


def mutated(valid: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Pairs of a seed and the input of this seed: one of the valid inputs after one to six mutations."""
    first = int(os.environ.get(FIRST_SEED, "0"))
    for seed in range(first, first + int(os.environ.get(INPUTS, _SHORT))):
        yield seed, _mutate(valid, Random(seed))


def _mutate(valid: Sequence[bytes], chance: Random) -> bytes:
    data = chance.choice(valid)
    for mutation in chance.choices(_MUTATIONS, k=chance.randint(1, 6)):
        data = mutation(data, chance)[:_LARGEST]
    return data


def _flip(data: bytes, chance: Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _overwrite(data: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_DANGEROUS) + data[at + 1 :]


def _insert(data: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_DANGEROUS) * chance.choice((1, 1, 2, 3, 50)) + data[at:]


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _drop(data: bytes, chance: Random) -> bytes:
    begin, end = _range(data, chance)
    return data[:begin] + data[end:]


def _repeat(data: bytes, chance: Random) -> bytes:
    begin, end = _range(data, chance)
    return data[:end] + data[begin:end] * chance.choice((1, 2, 40)) + data[end:]


def _move(data: bytes, chance: Random) -> bytes:
    begin, end = _range(data, chance)
    rest = data[:begin] + data[end:]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + data[begin:end] + rest[at:]


def _range(data: bytes, chance: Random) -> tuple[int, int]:
    begin = chance.randrange(len(data) + 1)
    return begin, min(len(data), begin + chance.choice((1, 2, 8, 64)))


_MUTATIONS: tuple[Mutation, ...] = (_flip, _overwrite, _insert, _cut, _drop, _repeat, _move)
# What programs take for something else than text or a small number.
_DANGEROUS = (
    b"\x00",
    b"\xff",
    b"\xff" * 9 + b"\x01",
    b"\x80\x80\x80\x80\x10",
    b"-1",
    b"1e400000000",
    b"1E-400000000",
    b"9" * 5_000,
    b"NaN",
    b"-Infinity",
    b"null",
    b'"',
    b"\\ud800",
    b"\\u0000",
    b",",
    b"\n",
    b"\r",
    b"\t;",
    b"{",
    b"[" * 3_000,
    b"]",
    "\u202e".encode(),
    "\u200b".encode(),
    "\u0661".encode(),
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
)
