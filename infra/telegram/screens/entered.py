"""What a user has entered on a screen so far: named values in the screen's argument, which the state's file keeps.

A text that the user types becomes the value that is named by `wants`. Where a text cannot be used,
`fault` is the name of the words that state why, and all values stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Final
from urllib.parse import parse_qsl, urlencode

from adapters.telegram.content import Button
from infra.telegram.screens.screen import Scene

SET: Final = "set"
"""The verb of buttons that enter a value on the chat's screen: `set:NAME=VALUE`; an empty value removes it."""
WANTS: Final = "wants"
FAULT: Final = "fault"
KEY: Final = "key"
REASON: Final = "reason"
"""The value that is the reason for which the latest request was refused."""
ACCOUNT: Final = "account"
"""The value that is the account of what the screen showed first: whatever its buttons send is sent to that one."""
_NUMBER: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")

_CHANGE: Final = re.compile(r"[+-][0-9]{1,3}(\.[0-9]{1,4})?%")
_EXACT: Final = Context(prec=60)

Values = Mapping[str, str]


def values_of(argument: str, plain: str = "id") -> Values:
    """The values of an argument. One without names, as of a command, is the value `plain`."""
    if argument and "=" not in argument:
        return {plain: argument}
    return dict(parse_qsl(argument))


def argument_of(values: Values) -> str:
    """The argument with these values; empty ones are left out."""
    return urlencode({name: value for name, value in values.items() if value})


def given_of(values: Values, given: str) -> tuple[str, str]:
    """Name and value of `NAME=VALUE`; of a typed text, `=TEXT`, the name is that of the wanted value."""
    name, _, value = given.partition("=")
    return name or values.get(WANTS, ""), value.strip()


def waits(argument: str) -> bool:
    """Whether the next text that the user types is one of the values."""
    return WANTS in values_of(argument)


def is_number(text: str) -> bool:
    """Whether the text is a positive number, as `0.01`."""
    return _NUMBER.fullmatch(text) is not None and Decimal(text) > 0


def is_change(text: str) -> bool:
    """Whether the text is a change of a number by a share of it, as `-0.5%`."""
    return _CHANGE.fullmatch(text) is not None


def changed(text: str, base: Decimal) -> str:
    """The number that the text is, or the base changed by its share; `0` where nothing of the base remains."""
    if not is_change(text):
        return text
    share = Decimal(text.removesuffix("%")) / 100
    return f"{max(_EXACT.multiply(base, 1 + share), Decimal(0)).normalize(_EXACT):f}"


def setter(label: str, name: str, value: str = "", *, is_chosen: bool = False) -> Button:
    """The button that enters the value."""
    return Button(f"● {label}" if is_chosen else label, f"{SET}:{name}={value}")


def fault_of(values: Values, scene: Scene) -> list[str]:
    """What is wrong with the text that was typed last, and why the latest request was refused; empty for neither."""
    words, fault, reason = scene.words, values.get(FAULT), values.get(REASON)
    found = [words(fault)] if fault and words.has(fault) else []
    found += [words("not-done", reason=reason)] if reason else []
    return [*found, ""] if found else []
