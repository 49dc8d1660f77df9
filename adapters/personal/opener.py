"""Opens sealed texts for display: in a text, in an event, and in a response."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import fields, replace

from adapters.personal.cipher import Cipher
from adapters.personal.keys import PersonalKeys
from domain.log import Envelope, Recorded
from domain.sealed import SEALED

_MARK = "~"
Spell = Callable[[str], str]
"""How an opened text is written where it is displayed, such as escaped in JSON."""


class Opener:
    """Opens what the present keys open. In place of any other sealed text it states which key is not here."""

    def __init__(self, keys: PersonalKeys) -> None:
        self._keys = keys

    def opened(self, text: str, spell: Spell = str) -> str:
        """The text with each sealed part opened and spelled. Raises KeyRefused."""
        if _MARK not in text or SEALED.search(text) is None:
            return text
        ciphers = self._keys.every()
        return SEALED.sub(lambda found: spell(_content(found, ciphers)), text)

    def recorded(self, recorded: Recorded) -> Recorded:
        """The recorded event with its texts opened, for display only; `data` holds the bytes of the log.

        Raises KeyRefused.
        """
        if recorded.data and _MARK.encode() not in recorded.data:
            return recorded
        return recorded._replace(envelope=self.envelope(recorded.envelope))

    def envelope(self, envelope: Envelope) -> Envelope:
        """The envelope with its texts opened, for display only. Raises KeyRefused."""
        return cast(Envelope, self._value(envelope))

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            # An enum's member is a text, too, and stays the member.
            return self.opened(value) if type(value) is str else value
        if isinstance(value, Struct):
            return self._struct(value)
        if isinstance(value, tuple):
            return self._sequence(cast("tuple[object, ...]", value))
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[str, object]", value))
        return value

    def _struct(self, value: Struct) -> Struct:
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {name: new for name, old in held.items() if (new := self._value(old)) is not old}
        return replace(value, **changed) if changed else value

    def _sequence(self, value: Sequence[object]) -> Sequence[object]:
        new = tuple(self._value(one) for one in value)
        return value if all(one is old for one, old in zip(new, value, strict=True)) else new

    def _mapping(self, value: Mapping[str, object]) -> Mapping[str, object]:
        new = {key: self._value(one) for key, one in value.items()}
        return value if all(new[key] is old for key, old in value.items()) else new


def _content(found: re.Match[str], ciphers: Mapping[str, Cipher]) -> str:
    field, key_id, ciphertext = found.groups()
    cipher = ciphers.get(key_id)
    if cipher is None:
        return f"[sealed: key {key_id} is not here]"
    text = cipher.opened(field, ciphertext)
    return f"[sealed: not the {field} that key {key_id} has sealed]" if text is None else text
