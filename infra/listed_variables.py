"""Settings that are lists, of environment variables: `WHENCE_TRADING__RISK__ALLOWED=BTCUSDT-LINEAR.BYBIT,ETHUSDT-…`.

The values of a list are separated by commas; empty text is an empty list. Tables cannot be written as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from domain.errors import InvalidSettings
from domain.settings import Settings
from infra.layer import Spelling, Tree, is_table


def with_lists(trading: Tree, spell: Spelling) -> Tree:
    """The table `trading` of the environment with its lists as lists; `spell` writes a setting as its variable.

    Raises InvalidSettings for text in place of tables: strategies, groups, rows of weights.
    """
    return dict(_listed(trading, Settings, ("trading",), spell))


def _listed(table: Tree, kind: type, path: Sequence[str], spell: Spelling) -> Iterator[tuple[str, object]]:
    hints = get_type_hints(kind)
    for name, value in table.items():
        yield name, _read(value, hints.get(name), (*path, name), spell)


def _read(value: object, hint: Any, path: Sequence[str], spell: Spelling) -> object:
    if isinstance(hint, UnionType):
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if is_table(value):
        return (
            dict(_listed(value, hint, path, spell))
            if is_dataclass(hint) and isinstance(hint, type)
            else value
        )
    if get_origin(hint) is not tuple or not isinstance(value, str):
        return value
    if get_args(hint)[0] is not str:
        raise InvalidSettings(
            f"{spell(path)}: these are tables, which a variable cannot hold; write them into a settings file, and name "
            "it with --config or WHENCE_CONFIG"
        )
    return [one.strip() for one in value.split(",")] if value.strip() else []
