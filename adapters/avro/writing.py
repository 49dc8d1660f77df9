"""Writes events as Avro bytes. For each class two functions are generated as source text from the class's shape.

The first encodes the usual values in place, without a call for each field. Where a value is of another type than the
class declares, the second encodes all fields again, by the functions of `written`, which name the invalid field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

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
    names: dict[str, Any] = {**_GLOBALS, **{name: getattr(written, name) for name in written.__all__}}
    checked = [
        _expression(shape, f"value.{name}", f"{where}{name}", symbols, names)
        for name, shape in fields_of(owner)
    ]
    usual = [
        _usual(shape, f"value.{name}", f"{where}{name}", expression)
        for (name, shape), expression in zip(fields_of(owner), checked, strict=True)
    ]
    # The executed text is made from our own classes only, as the dataclasses module makes an __init__.
    exec(_TEXT.format(checked=", ".join(checked), usual=", ".join(usual)), names)  # noqa: S102
    return cast("Write", names["write"])


_GLOBALS = {"block": block, "Decimal": Decimal, "SHORT": SHORT, "WRITTEN": WRITTEN}

_TEXT = """
def checked(value):
    return b''.join(({checked},))

def write(value):
    try:
        return b''.join(({usual},))
    except (AttributeError, TypeError, UnicodeEncodeError):
        return checked(value)
"""

_USUAL: Mapping[Plain, str] = {
    Plain.TEXT: f"SHORT[len(s)] + s if len(s := {{v}}.encode()) < {len(SHORT)} else {{else_}}",
    Plain.MONEY: "SHORT[len(s)] + s.encode() if type(v := {v}) is Decimal and v.is_finite() "
    f"and 'E' not in (s := str(v)) and len(s) <= {MOST_DIGITS} else {{else_}}",
    Plain.COUNT: f"SHORT[v] if type(v := {{v}}) is int and 0 <= v < {len(SHORT)} else {{else_}}",
    Plain.FLAG: "b'\\1' if {v} is True else {else_}",
    Plain.MOMENT: "WRITTEN.get({v}) or {else_}",
}
"""The source expressions that encode the usual values of a kind; `else_` encodes all others, or refuses them."""


def _usual(shape: Shape, value: str, where: str, checked: str) -> str:
    """A source expression for the usual values of a field; `checked` is the expression for any value."""
    match shape:
        case Plain() if shape in _USUAL:
            return f"({_USUAL[shape].format(v=value, else_=checked)})"
        case Choice(of):
            return f"({of.__name__}_bytes[v] if type(v := {value}) is {of.__name__} else {checked})"
        case Maybe(Plain() as inner) if inner in _USUAL:
            some = _usual(inner, value, where, f"{inner.value}({value}, {where!r})")
            return f"(b'\\0' if {value} is None else b'\\2' + {some})"
        case _:
            return checked


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
