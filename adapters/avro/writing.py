"""Writes events as Avro bytes. For each class two functions are generated as source text from the class's shape.

The first encodes the usual values in place, without a call for each field. Where a value is of another type than the
class declares, the second encodes all fields again, by the functions of `written`, which name the invalid field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import CodeType
from typing import Any, Final, NamedTuple, cast

from adapters.avro import written
from adapters.avro.amount import MOST_DIGITS
from adapters.avro.binary import SHORT, block
from adapters.avro.moment import WRITTEN
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from adapters.avro.symbols import Symbols, bytes_of

Write = Callable[[Any], bytes]


def writer(owner: type, symbols: Symbols, where: str = "") -> Write:
    """Returns a function that encodes an instance of `owner`.

    That function raises InvalidEvent naming value and field; the field's name is prefixed by `where`.
    """
    return compiled(_TEXT, expressions(owner, symbols, where))


class Expressions(NamedTuple):
    """The source expressions that encode the fields of `value`, in order, and the globals that they use.

    Those of `usual` raise an error of `UNUSUAL` for some values; then those of `checked` encode all fields, or refuse
    one.
    """

    usual: Sequence[str]
    checked: Sequence[str]
    names: dict[str, Any]


UNUSUAL: Final = (AttributeError, IndexError, TypeError, UnicodeEncodeError)


def expressions(owner: type, symbols: Symbols, where: str = "") -> Expressions:
    """The expressions of a class."""
    names: dict[str, Any] = {**_GLOBALS, **{name: getattr(written, name) for name in written.__all__}}
    fields = [(shape, f"value.{name}", f"{where}{name}") for name, shape in fields_of(owner)]
    checked = [_expression(shape, value, where, symbols, names) for shape, value, where in fields]
    usual = [
        _usual(shape, value, where, expression)
        for (shape, value, where), expression in zip(fields, checked, strict=True)
    ]
    return Expressions(usual, checked, names)


def compiled(text: str, made: Expressions) -> Callable[[Any], bytes]:
    """The function `write` of a text with these expressions."""
    # The executed text is made from our own classes only, as the dataclasses module makes an __init__.
    exec(_code(text.format(checked=", ".join(made.checked), usual=", ".join(made.usual))), made.names)  # noqa: S102
    return cast("Write", made.names["write"])


@cache
def _code(text: str) -> CodeType:
    """Cached, because a process has several codecs and their texts differ in nothing."""
    return compile(text, "<an event's writer>", "exec")


_GLOBALS = {
    "block": block,
    "Decimal": Decimal,
    "SHORT": SHORT,
    "UNUSUAL": UNUSUAL,
    "SIZES": SHORT[: MOST_DIGITS + 1],
    "WRITTEN": WRITTEN,
}

_TEXT = """
def checked(value):
    return b''.join(({checked},))

def write(value):
    try:
        return b''.join(({usual},))
    except UNUSUAL:
        return checked(value)
"""

_IS_PLAIN: Final = "type(v := {v}) is Decimal and v.is_finite() and 'E' not in (s := str(v))"

_USUAL: Mapping[Plain, Sequence[str]] = {
    Plain.TEXT: ("SHORT[len(s := {v}.encode())]", "s"),
    Plain.MONEY: (f"SIZES[len(s if {_IS_PLAIN} else (s := digits(v, {{where!r}})))]", "s.encode()"),
    Plain.COUNT: (f"SHORT[v] if type(v := {{v}}) is int and 0 <= v < {len(SHORT)} else {{else_}}",),
    Plain.FLAG: ("b'\\1' if {v} is True else {else_}",),
    Plain.MOMENT: ("WRITTEN.get({v}) or {else_}",),
}
"""The source expressions that encode the usual values of a kind, one after the other; `else_` encodes all others, or
refuses them."""


def _usual(shape: Shape, value: str, where: str, checked: str) -> str:
    """Source expressions for the usual values of a field; `checked` is the expression for any value."""
    match shape:
        case Plain() if shape in _USUAL:
            return ", ".join(_usual_of(shape, value, where, checked))
        case Choice(of):
            return f"{of.__name__}_bytes[v] if type(v := {value}) is {of.__name__} else {checked}"
        case Maybe(Plain() as inner) if inner in _USUAL:
            some = " + ".join(_usual_of(inner, value, where, f"{inner.value}({value}, {where!r})"))
            return f"b'\\0' if {value} is None else b'\\2' + {some}"
        case _:
            return checked


def _usual_of(shape: Plain, value: str, where: str, checked: str) -> Sequence[str]:
    return [f"({one.format(v=value, where=where, else_=checked)})" for one in _USUAL[shape]]


def _expression(shape: Shape, value: str, where: str, symbols: Symbols, names: dict[str, Any]) -> str:
    """A source expression that checks and encodes `value`; the globals it uses are added to `names`."""
    match shape:
        case Plain():
            return f"{shape.value}({value}, {where!r})"
        case Choice(of):
            names[of.__name__], names[f"{of.__name__}_bytes"] = of, bytes_of(of, symbols)
            return f"choice({value}, {where!r}, {of.__name__}, {of.__name__}_bytes)"
        case Part(of):
            own = f"write_{len(names)}"
            names[of.__name__], names[own] = of, writer(of, symbols, f"{where}.")
            return f"{own}(part({value}, {where!r}, {of.__name__}))"
        case Maybe(inner):
            some = _expression(inner, value, where, symbols, names)
            return f"b'\\0' if {value} is None else b'\\2' + {some}"
        case Many(item):
            each = _expression(item, "item", f"{where}[]", symbols, names)
            return f"block([{each} for item in many({value}, {where!r})])"
        case Named(inner):
            name = f"text(name, {f'{where} (a name)'!r})"
            each = _expression(inner, "item", f"{where}{{}}", symbols, names)
            return f"block([{name} + ({each}) for name, item in mapping({value}, {where!r}).items()])"
