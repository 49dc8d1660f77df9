"""A strategy's parameters from the settings: numbers, or numbers as text, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from math import isfinite, nan
from typing import TYPE_CHECKING, TypeVar

from domain.errors import InvalidSettings
from domain.number import number

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Parameters = Mapping[str, str | float]
Rule = tuple[str, str, bool]
"""The name of a parameter, the text of its rule, and whether the rule holds."""
P = TypeVar("P", bound="DataclassInstance")
MOST_BARS = 10_000
"""The longest period: a month of five-minute candles. The time of one bar grows with some periods, and without a bound
a misspelled one would not end."""
_GREATEST_WHOLE = 2**53
"""A float holds every whole number up to this one; a text with a greater one would be read as another number."""


def read_parameters(strategy: str, defaults: P, given: Parameters) -> P:
    """A copy of `defaults` in which the given parameters replace the defaults; each has the type of its default.

    Raises InvalidSettings, naming the strategy and the parameter, for an unknown parameter or a wrong type. For a value
    out of range it raises the error of the dataclass.
    """
    known = [field.name for field in fields(defaults)]
    _refuse_unknown(strategy, known, given)
    return replace(defaults, **{name: _read(strategy, name, defaults, raw) for name, raw in given.items()})


def refuse_faults(strategy: str, parameters: object, rules: Iterable[Rule]) -> None:
    """Raises InvalidSettings for the rules that do not hold."""
    faults = [
        f"{name} must be {rule}, not {getattr(parameters, name)}" for name, rule, holds in rules if not holds
    ]
    if faults:
        raise InvalidSettings(f"strategy {strategy}: {'; '.join(faults)}")


def periods(parameters: object, *names: str) -> Iterator[Rule]:
    """The rules of periods with a least number of bars of their own: each is at most `MOST_BARS`."""
    for name in names:
        yield name, f"at most {MOST_BARS} bars", getattr(parameters, name) <= MOST_BARS


def _refuse_unknown(strategy: str, known: list[str], given: Iterable[str]) -> None:
    unknown = sorted(set(given).difference(known))
    if unknown:
        raise InvalidSettings(
            f"strategy {strategy}: no such parameter: {', '.join(unknown)}; there are {', '.join(known)}"
        )


def _read(strategy: str, name: str, defaults: object, raw: str | float) -> float:
    whole = isinstance(getattr(defaults, name), int)
    number = _number(raw)
    if not isfinite(number) or (whole and not number.is_integer()):
        wanted = f"{'a whole' if whole else 'a finite'} number in the digits 0 to 9"
        raise InvalidSettings(f"strategy {strategy}: {name} must be {wanted}, not {raw!r}")
    if whole and abs(number) > _GREATEST_WHOLE:
        raise InvalidSettings(f"strategy {strategy}: {name} = {raw!r} is too large")
    return int(number) if whole else number


def _number(raw: str | float) -> float:
    try:
        if isinstance(raw, str):
            return number(raw.strip(), float)
        return nan if isinstance(raw, bool) else float(raw)
    except (TypeError, ValueError, OverflowError):
        return nan
