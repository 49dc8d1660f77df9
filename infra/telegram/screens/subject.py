"""The argument of a screen of one position or order: its key, its account and its id, and what was entered since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.telegram.content import Button, Content
from adapters.telegram.text import bold
from infra.telegram.screens.accounts import of_accounts
from infra.telegram.screens.entered import (
    ACCOUNT,
    FAULT,
    KEY,
    REASON,
    WANTS,
    Values,
    argument_of,
    changed,
    given_of,
    is_change,
    is_number,
)
from infra.telegram.screens.entered import values_of as _values_of
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import HOME, OPEN, Data, Pins, Scene

INSTRUMENT: Final = "instrument"
_BETWEEN: Final = "/"
LIST: Final = "positions"
"""The screen that lists positions and orders."""


def reference(row: Data) -> str:
    """What a button names a position or an order by: `ACCOUNT/ID`, because accounts may share ids."""
    return f"{row['account']}{_BETWEEN}{row['id']}"


def own_of(values: Values) -> str:
    """The reference of the screen's own subject, for the button that opens it again."""
    return f"{values[ACCOUNT]}{_BETWEEN}{values['id']}" if ACCOUNT in values else values["id"]


def values_of(argument: str) -> Values:
    """The values of a screen's argument, which begins as `KEY:ACCOUNT/ID`, or as `KEY:ID` where a person typed it."""
    if argument.startswith(f"{KEY}="):
        return _values_of(argument)
    key, _, own = argument.partition(":")
    account, _, name = own.rpartition(_BETWEEN)
    return {KEY: key, "id": name, **({ACCOUNT: account} if account else {})}


def variables_of(argument: str) -> Mapping[str, object]:
    """The variables of a query with `$id`, and with `$account` and `$instrument`, which are null until the screen has
    pinned them."""
    values = values_of(argument)
    return {"id": values["id"], "account": values.get(ACCOUNT), "instrument": values.get(INSTRUMENT)}


def pins_of(name: str, bases: Mapping[str, Sequence[str]]) -> Pins:
    """The pins of a screen whose response has its subject under `name`: account and instrument, and the numbers of
    values that were entered as changes. `bases` has for each such value the fields that it changes, the first one that
    is known."""

    def pinned(argument: str, data: Data) -> str:
        row = data[name]
        if row is None:
            return argument
        values = {**values_of(argument)}
        values.setdefault(ACCOUNT, row["account"])
        values.setdefault(INSTRUMENT, row["instrument"])
        return argument_of(values | _resolved(values, row, bases))

    return Pins(lambda argument: values_of(argument).get(ACCOUNT, ""), pinned)


def _resolved(values: Values, row: Data, bases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The numbers of the changes among the values; a change that leaves nothing is explained instead."""
    found: dict[str, str] = {}
    for name, fields in bases.items():
        text, base = values.get(name, ""), next((row[one] for one in fields if row[one] is not None), None)
        if not is_change(text):
            continue
        number = "" if base is None else changed(text, Decimal(base))
        found |= {name: number} if is_number(number) else {name: "", FAULT: "trade-no-number"}
    return found


def sets_of(names: Collection[str]) -> Callable[[str, str, str], str]:
    """What takes up an entered value of one of these names: from the screen's argument, what was entered and the key
    of the new request, the argument after it."""

    def entered(argument: str, given: str, key: str) -> str:
        values = dict(values_of(argument)) | {KEY: key}
        name, value = given_of(values, given)
        for gone in (FAULT, REASON):
            values.pop(gone, None)
        if name == WANTS and value in names:
            return argument_of(values | {WANTS: value})
        if name not in names:
            return argument_of(values | {FAULT: "trade-no-field"})
        if value and not (is_number(value) or is_change(value)):
            return argument_of(values | {FAULT: "amend-no-number"})
        values.pop(WANTS, None)
        return argument_of(values | {name: value})

    return entered


def plain_of(values: Values, names: Sequence[str]) -> dict[str, str]:
    """The named values that are numbers; a change whose base is not known yet is left out."""
    return {name: values[name] for name in names if is_number(values.get(name, ""))}


def own_badge(data: Mapping[str, Any], values: Values) -> str:
    """The account that the screen is of, with its kind of run."""
    return badge(of_accounts(data["accounts"], values.get(ACCOUNT, "")))


def back(scene: Scene) -> tuple[Button, ...]:
    """The button to the list."""
    return (Button(scene.words(f"screen-{LIST}"), f"{OPEN}:{LIST}"),)


def ended(name: str, text: str, data: Data, values: Values, scene: Scene) -> Content:
    """The screen of what is open no more."""
    title = bold(scene.words(f"screen-{name}")) + f"  {own_badge(data, values)}".rstrip()
    home = Button(scene.words("menu"), f"{OPEN}:{HOME}")
    return Content(title + "\n\n" + text, (back(scene), (home,)))
