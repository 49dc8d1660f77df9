"""A layer of settings: one source of values, with its spelling of keys."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import TypeGuard, cast, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from adapters.wrong_value import sentence_of
from domain.errors import InvalidSettings
from domain.plain_text import similar
from domain.settings import Settings

Tree = dict[str, object]
Place = tuple[str | int, ...]
Spelling = Callable[[Iterable[str]], str]


@dataclass(frozen=True, slots=True)
class Layer:
    """The `values` of the source `name`; `spell` writes a path of keys as that source spells it."""

    name: str
    spell: Spelling
    values: Tree

    def depth(self, place: Place) -> int:
        """The number of leading keys of `place` that this layer holds."""
        node: object = self.values
        for steps, key in enumerate(place):
            if isinstance(node, list):
                node = dict(enumerate(cast("list[object]", node)))
            if not isinstance(node, dict) or key not in node:
                return steps
            node = cast("dict[str | int, object]", node)[key]
        return len(place)


def merged(layers: Sequence[Layer]) -> Tree:
    """One tree of all layers. The first layer that holds a value wins, and tables are merged key by key."""
    tree: Tree = {}
    for layer in layers:
        tree = _under(tree, layer.values)
    return tree


def is_table(value: object) -> TypeGuard[Tree]:
    """Whether the value is a table; its keys are text in every source of settings."""
    return isinstance(value, dict)


_MOST_PLACES = 100


class _OutOfRange(ValueError):
    """A number with more than `_MOST_PLACES` places before or after the point."""


def _decimal(text: str) -> Decimal:
    """The number.

    Raises _OutOfRange, because a number with a very large exponent would take hours to write out in digits.
    """
    value = Decimal(text)
    if value.is_finite() and value and abs(value.adjusted()) > _MOST_PLACES:
        raise _OutOfRange(f"{text[:40]} has more than {_MOST_PLACES} places before or after the point")
    return value


def read_toml(path: Path) -> Tree:
    """The file's tables, with floats as Decimals; the file may begin with a byte order mark.

    Raises InvalidSettings where the file is not readable TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=_decimal)
    except _OutOfRange as error:
        raise InvalidSettings(f"{path}: {error}") from None
    except OSError as error:
        raise InvalidSettings(f"{path}: {error.strerror or type(error).__name__}") from None
    except ValueError as error:
        raise InvalidSettings(f"{path}: not TOML: {error}") from None


def fault_sentence(fault: ErrorDetails, layers: Sequence[Layer], model: type[BaseModel]) -> str:
    """The source, the key and the remedy of a fault: `whence.toml: leverege: unknown; did you mean leverage?`"""
    kind, place = fault["type"], fault["loc"]
    layer = max(layers, key=lambda layer: layer.depth(place))
    known = len(place) if kind == "missing" else layer.depth(place)
    keys = [str(key) for key in place[:known]]
    remedy = (
        _unknown(keys[-1], _table_at(model, keys[:-1]))
        if kind == "extra_forbidden"
        else _EXAMPLES.get(keys[-1], {}).get(kind) or sentence_of(fault)
    )
    return f"{layer.name}: {layer.spell(keys)}: {remedy}"


_LEVERAGE = "not a number; write it like 5 or 2.5"
_EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "leverage": dict.fromkeys(("decimal_parsing", "decimal_type", "float_parsing", "float_type"), _LEVERAGE),
}
"""Sentences for keys that the examples of money do not fit, by key and kind of fault."""


def _under(upper: Tree, lower: Tree) -> Tree:
    return lower | {key: _one_under(value, lower.get(key)) for key, value in upper.items()}


def _one_under(upper: object, lower: object) -> object:
    return _under(upper, lower) if is_table(upper) and is_table(lower) else upper


def _table_at(model: type[BaseModel], place: Sequence[str]) -> type[BaseModel]:
    """The model of the table at this place; the outer model where the place has no model of its own."""
    for key in place:
        field = model.model_fields.get(key)
        inner = None if field is None else field.annotation
        for kind in (inner, *get_args(inner)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return model


def _unknown(key: str, model: type[BaseModel]) -> str:
    if "trading" in model.model_fields and key in {one.name for one in fields(Settings)}:
        return f"unknown; did you mean trading.{key}?"
    near = similar(key, model.model_fields, 1)
    return (
        f"unknown; did you mean {near[0]}?"
        if near
        else f"unknown; the keys are: {', '.join(model.model_fields)}"
    )
