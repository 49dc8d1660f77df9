"""Reads events from Avro bytes. For each class one function is generated as source text from the class's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from struct import Struct
from typing import Any, Final, cast

from adapters.avro.amount import amount, not_finite
from adapters.avro.binary import FLAGS, MORE, UNUSUAL, block_at, long_at, span_at
from adapters.avro.moment import moment_at
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from adapters.avro.symbols import Members, Symbols
from domain.log import id_of

Read = Callable[[bytes, int], tuple[Any, int]]


def reader(owner: type, symbols: Symbols) -> Read:
    """Returns a function that reads an instance of `owner` at an offset and returns it and the offset after it.

    That function raises LookupError, ArithmeticError or ValueError where a value is invalid for its field. A value
    whose end lies beyond the bytes may be cut there without an error.
    """
    names: dict[str, Any] = dict(_NAMES)
    lines = _lines(Part(owner), "value", symbols, names)
    text = "\n    ".join(["def read(data, at):", *lines, "return value, at"])
    # The executed text is made from our own classes only, as the dataclasses module makes an __init__.
    exec(text, names)  # noqa: S102
    return cast("Read", names["read"])


def _lines(shape: Shape, value: str, symbols: Symbols, names: dict[str, Any]) -> Sequence[str]:
    """Source lines that read `value` at `at` and advance `at`; the globals they use are added to `names`."""
    match shape:
        case Plain():
            return [line.format(value) for line in _PLAIN[shape]]
        case Choice(of):
            names[f"{of.__name__}_at"] = Members(of, symbols)
            return [f"{value} = {of.__name__}_at[data[at]]", "at += 1"]
        case Part(of):
            names[of.__name__] = of
            fields = {name: f"{value}_{name}" for name, _ in fields_of(of)}
            read = [
                line for name, inner in fields_of(of) for line in _lines(inner, fields[name], symbols, names)
            ]
            arguments = ", ".join(f"{name}={own}" for name, own in fields.items())
            return [*read, f"{value} = {of.__name__}({arguments})"]
        case Maybe(inner):
            some = _lines(inner, value, symbols, names)
            return [
                "if data[at] == 0:",
                f" {value} = None; at += 1",
                "else:",
                " at = some_at(data, at)",
                *(f" {line}" for line in some),
            ]
        case Many(item):
            each = [*_lines(item, f"{value}_item", symbols, names), f"{value}.append({value}_item)"]
            return [f"{value} = []", *_blocks(value, each), f"{value} = tuple({value})"]
        case Named(inner):
            each = [
                *_lines(Plain.TEXT, f"{value}_name", symbols, names),
                *_lines(inner, f"{value}_item", symbols, names),
                f"{value}[{value}_name] = {value}_item",
            ]
            return [f"{value} = {{}}", *_blocks(value, each)]


def _blocks(value: str, each: Sequence[str]) -> Sequence[str]:
    count = f"{value}_count"
    return [
        f"{count}, at = block_at(data, at)",
        f"while {count}:",
        f" for _ in range({count}):",
        *(f"  {line}" for line in each),
        f" {count}, at = block_at(data, at)",
    ]


_SPAN: Final = (
    "end = data[at]",
    f"if end & {UNUSUAL}: at, end = span_at(data, at)",
    "else: at += 1; end = at + (end >> 1)",
)

_PLAIN: Final[Mapping[Plain, Sequence[str]]] = {
    Plain.TEXT: (*_SPAN, "{0} = data[at:end].decode(); at = end"),
    Plain.MONEY: (
        *_SPAN,
        "{0} = amount(data[at:end].decode()); at = end",
        "if not {0}.is_finite(): not_finite({0})",
    ),
    Plain.COUNT: (
        "{0} = data[at]",
        f"if {{0}} >= {MORE}: {{0}}, at = long_at(data, at)",
        "else: at += 1; {0} = {0} >> 1 ^ -({0} & 1)",
    ),
    Plain.OPINION: ("{0}, at = opinion_at(data, at)",),
    Plain.FLAG: ("{0} = FLAGS[data[at]]; at += 1",),
    Plain.MOMENT: ("{0}, at = moment_at(data, at)",),
    Plain.IDENTITY: ("{0} = id_of(int.from_bytes(data[at:at + 16], 'big')); at += 16",),
}


def _opinion_at(data: bytes, at: int) -> tuple[float, int]:
    opinion: float = _DOUBLE(data[at : at + 8].ljust(8))[0]
    if not isfinite(opinion):
        raise ValueError(f"{opinion} is not a number")
    return opinion, at + 8


def _some_at(data: bytes, at: int) -> int:
    if data[at] != _SOMETHING:
        raise ValueError(f"the union branch of an optional value is the byte 0 or 2, not {data[at]}")
    return at + 1


_DOUBLE: Final = Struct("<d").unpack
_SOMETHING: Final = 2
_NAMES: Final[Mapping[str, Any]] = {
    "FLAGS": FLAGS,
    "amount": amount,
    "block_at": block_at,
    "id_of": id_of,
    "long_at": long_at,
    "moment_at": moment_at,
    "not_finite": not_finite,
    "opinion_at": _opinion_at,
    "some_at": _some_at,
    "span_at": span_at,
}
