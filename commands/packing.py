"""States as bytes, and states that are packed while an engine runs, because they have ended and are seldom read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from msgspec.msgpack import Decoder, Encoder

from commands.states import Kind, Packing
from domain.signal import Decided


def _plain(value: Any) -> dict[Any, Any]:
    if isinstance(value, MappingProxyType):
        return dict(cast(Mapping[Any, Any], value))
    raise TypeError(f"a snapshot cannot hold {type(value).__name__}")


encoded = Encoder(enc_hook=_plain).encode
"""The bytes of a state, or of any other part of a snapshot; msgpack."""


@cache
def decoder(of: Any) -> Decoder[Any]:
    """The decoder of values of this type."""
    return Decoder(of)


PACKINGS: Mapping[type, Packing] = {Decided: Packing(Kind(Decided, decoder(Decided).decode), encoded)}
"""The states that are packed, by their class.

Nothing passes over all signals, so a packed one is decoded only where an event or a query names it. Closed orders are
not packed: a reconciliation may look through all of them for an execution.
"""
