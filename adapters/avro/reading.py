"""From what fastavro reads to events: one function a class, written once from the class's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from adapters.avro.moment import moment
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of

Build = Callable[[Mapping[str, Any]], Any]


@cache
def builder(owner: type) -> Build:
    """Makes an instance of a class from its record.

    Raises LookupError, ArithmeticError or ValueError for a value that is not what its field holds.
    """
    names: dict[str, Any] = {"Decimal": Decimal, "UUID": UUID, "moment": moment, "Owner": owner}
    fields = [f"{name}={_expression(shape, f'record[{name!r}]', names)}" for name, shape in fields_of(owner)]
    # The text comes from our own classes alone, as it does where the standard library writes their __init__.
    exec(f"def build(record):\n    return Owner({', '.join(fields)})", names)  # noqa: S102
    return cast("Build", names["build"])


_PLAIN: Final = {
    Plain.TEXT: "{0}",
    Plain.COUNT: "{0}",
    Plain.OPINION: "{0}",
    Plain.FLAG: "{0}",
    Plain.MONEY: "Decimal({0})",
    Plain.MOMENT: "moment({0})",
    Plain.IDENTITY: "UUID(bytes={0})",
}


def _expression(shape: Shape, value: str, names: dict[str, Any]) -> str:
    """Python that makes the field's value of `value`; what it needs is added to `names`."""
    match shape:
        case Plain():
            return _PLAIN[shape].format(value)
        case Choice(of):
            names[f"{of.__name__}_of"] = {member.value: member for member in of}
            return f"{of.__name__}_of[{value}]"
        case Part(of):
            names[f"{of.__name__}_from"] = builder(of)
            return f"{of.__name__}_from({value})"
        case Maybe(inner):
            return f"None if {value} is None else {_expression(inner, value, names)}"
        case Many(inner):
            each = _expression(inner, "item", names)
            return f"tuple({value})" if each == "item" else f"tuple([{each} for item in {value}])"
        case Named(inner):
            each = _expression(inner, "item", names)
            return value if each == "item" else f"{{name: {each} for name, item in {value}.items()}}"
