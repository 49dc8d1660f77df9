"""Writes events as Avro bytes. For each class one function is generated as source text from the class's shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from adapters.avro import written
from adapters.avro.binary import block
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from adapters.avro.symbols import Symbols, bytes_of

Write = Callable[[Any], bytes]


def writer(owner: type, symbols: Symbols, where: str = "") -> Write:
    """Returns a function that encodes an instance of `owner`.

    That function raises InvalidEvent naming value and field; the field's name is prefixed by `where`.
    """
    names: dict[str, Any] = {"block": block, **{name: getattr(written, name) for name in written.__all__}}
    fields = [
        _expression(shape, f"value.{name}", f"{where}{name}", symbols, names)
        for name, shape in fields_of(owner)
    ]
    # The executed text is made from our own classes only, as the dataclasses module makes an __init__.
    exec(f"def write(value):\n    return b''.join(({', '.join(fields)},))", names)  # noqa: S102
    return cast("Write", names["write"])


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
