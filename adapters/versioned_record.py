"""Records of topics as JSON, with the version of their format as a member."""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

from domain.errors import InvalidInput


class Versioned(Protocol):
    """A record that has the version of its format."""

    @property
    def version(self) -> int:
        """The version of the format."""
        ...


R = TypeVar("R", bound=Versioned)


def read_versioned(decoder: msgspec.json.Decoder[R], written: bytes, version: int, noun: str) -> R:
    """The record in `written`.

    Raises InvalidInput, in which `noun` is what the record should be ("candle"), for one that the decoder refuses or
    that has another version.
    """
    try:
        read = decoder.decode(written)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"it is no {noun}: {fault}") from None
    if read.version != version:
        raise InvalidInput(f"its format has the version {read.version}; this program reads {version}")
    return read
