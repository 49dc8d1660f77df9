"""A screen: one query of the API, and a pure function that makes a message of its data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import MOST_TEXT, Text, bold, lines
from commands.roles import Role
from infra.telegram.draft import Draft
from infra.telegram.words import Words

OPEN = "open"
"""The verb of buttons that open a screen: `open:NAME` or `open:NAME:ARGUMENT`."""
HOME = "home"
"""The screen that lists the others."""
_ROOM = MOST_TEXT - 500
"""UTF-16 units of a list's lines, beside title and whatever else a screen has."""

Data = Mapping[str, Any]
"""The data of a response of GraphQL."""


@dataclass(frozen=True, slots=True)
class Scene:
    """For whom a screen is rendered. `argument` is what follows the screen's name in a command or a button; `now` is in
    UTC. `account` is the one that the person has chosen, empty for all. `drafts` are the kept drafts of orders by their
    keys, and `open_requests` the keys of the requests without a known outcome."""

    words: Words
    role: Role
    now: datetime
    argument: str = ""
    account: str = ""
    drafts: Mapping[str, Draft] = field(default_factory=dict[str, Draft])
    open_requests: Collection[str] = ()


Render = Callable[[Data, Scene], Content]


def no_variables(_argument: str) -> Mapping[str, object]:
    """The variables of a query without any."""
    return {}


@dataclass(frozen=True, slots=True)
class Pins:
    """What a screen keeps of its first response, so that a later tap acts on what was shown. `account` is the account
    that an argument names, empty for none; `pinned` makes the argument of the present one and of a response, and
    changes nothing that it has already."""

    account: Callable[[str], str]
    pinned: Callable[[str, Data], str]


@dataclass(frozen=True, slots=True)
class Screen:
    """`role` is the least role that may open it. A live one is looked at again every few seconds.

    `variables` makes the query's variables of the argument. One that `drafts` has a new random id as its argument each
    time it is opened: the idempotency key of what its buttons confirm; where it needs an argument, that follows the key
    after a colon. One that `is_listed` has a command and a button
    on the home screen; one that needs an argument is opened by its command only. `typed` makes the argument of the
    present one and of a text that a person types while the screen is open; None for one that takes no text. `sets`
    makes the argument of the present one, of `NAME=VALUE` of a button, or `=TEXT` of a text, and of a new random key;
    only the user who opened the screen may change it. `by_account` makes the variables for one account; None for a
    screen that always shows all of them. With `pins` the argument has the account once the screen is opened, and a
    later choice of another one does not change it.
    """

    name: str
    query: str
    render: Render
    role: Role = Role.VIEWER
    variables: Callable[[str], Mapping[str, object]] = no_variables
    is_live: bool = False
    drafts: bool = False
    is_listed: bool = True
    needs_argument: bool = False
    typed: Callable[[str, str], str] | None = None
    sets: Callable[[str, str, str], str] | None = None
    by_account: Callable[[Mapping[str, object], str], Mapping[str, object]] | None = None
    pins: Pins | None = None


def page(scene: Scene, name: str, badge: str, body: list[Text | str], rows: Rows = ()) -> Content:
    """The usual form: a title with the accounts and their kind of run, the body, the buttons, and those to refresh and
    to go home."""
    title = bold(scene.words(f"screen-{name}")) + (f"  {badge}" if badge else "")
    own = f"{OPEN}:{name}:{scene.argument}" if scene.argument else f"{OPEN}:{name}"
    refresh = (Button(scene.words("refresh"), own),) if fits(own) else ()
    ending = (*refresh, Button(scene.words("menu"), f"{OPEN}:{HOME}"))
    return Content(lines([title, "", *body]).cut(), (*rows, ending))


def fitting(listed: Sequence[Text | str], scene: Scene) -> list[Text | str]:
    """The lines from the first one on that a message has room for, and how many more there are."""
    kept: list[Text | str] = []
    room = _ROOM
    for line in listed:
        room -= (Text() + line).length + 1
        if room < 0:
            return [*kept, scene.words("more", n=len(listed) - len(kept))]
        kept.append(line)
    return kept
