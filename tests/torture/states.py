"""The whole state that a log adds up to, as one short text: equal states have equal texts in every process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import asdict

from commands.world import World


def digest(world: World) -> str:
    """The digest of every stream's version, chain and state, and of the portfolio."""
    parts = (world.ordinal, world.versions, world.chains, world.states, world.taken_facts, world.portfolio)
    return sha256(_text(parts).encode()).hexdigest()


def _text(value: object) -> str:
    """The value with all that it holds; mappings and sets in an order that no process chooses."""
    if isinstance(value, str | bytes):
        return repr(value)
    if isinstance(value, Struct):
        return type(value).__qualname__ + _text(asdict(value))
    if is_dataclass(value):
        return type(value).__qualname__ + _text({one.name: getattr(value, one.name) for one in fields(value)})
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{_text(key)}:{_text(held)}' for key, held in value.items()))}}}"
    if isinstance(value, AbstractSet):
        return f"<{','.join(sorted(map(_text, value)))}>"
    if isinstance(value, Sequence):
        return f"[{','.join(map(_text, value))}]"
    return repr(value)
