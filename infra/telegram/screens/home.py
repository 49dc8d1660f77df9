"""The list of screens."""

from __future__ import annotations

from adapters.telegram.content import Button, Content, Rows
from adapters.telegram.text import bold, lines
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene, Screen

_QUERY = "query { accounts { account openedBy } }"
_IN_A_ROW = 2


def home_of(listed: list[Screen]) -> Screen:
    """The home screen over these screens, of which each user has those of the own role."""

    def render(data: Data, scene: Scene) -> Content:
        words = scene.words
        title = bold(words("screen-home")) + f"  {badge(data['accounts'])}".rstrip()
        return Content(lines([title, "", words("home-help")]), _rows(listed, scene))

    return Screen(HOME, _QUERY, render, is_listed=False)


def _rows(listed: list[Screen], scene: Scene) -> Rows:
    buttons = [
        Button(scene.words(f"screen-{one.name}"), f"{OPEN}:{one.name}")
        for one in listed
        if one.is_listed and not one.needs_argument and scene.role >= one.role
    ]
    return tuple(tuple(buttons[n : n + _IN_A_ROW]) for n in range(0, len(buttons), _IN_A_ROW))
