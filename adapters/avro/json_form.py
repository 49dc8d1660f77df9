"""Events as JSON: the `data` that `whence log --json` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.avro.moment import iso
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of


def to_json(event: Any, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields by name: decimals as strings in plain notation, times in ISO 8601 with Z, enums and ids as text.

    The fields `without` are left out.
    """
    return {
        name: _json(shape, getattr(event, name))
        for name, shape in fields_of(event.__class__)
        if name not in without
    }


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> str:
    return format(value, "f")


_PLAIN: Final[Mapping[Plain, Callable[[Any], Any]]] = {
    Plain.TEXT: _same,
    Plain.COUNT: _same,
    Plain.OPINION: _same,
    Plain.FLAG: _same,
    Plain.MONEY: _plain,
    Plain.MOMENT: iso,
    Plain.IDENTITY: str,
}


def _json(shape: Shape, value: Any) -> Any:
    match shape:
        case Plain():
            return _PLAIN[shape](value)
        case Choice():
            return value.value
        case Part():
            return to_json(value)
        case Maybe(inner):
            return None if value is None else _json(inner, value)
        case Many(item):
            return [_json(item, one) for one in value]
        case Named(inner):
            return {name: _json(inner, one) for name, one in value.items()}
