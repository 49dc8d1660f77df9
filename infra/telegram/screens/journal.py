"""The events of the log, newest first, by kind, instrument and words, in pages.

What a button carries is what a person can type: `/journal order BTCUSDT-LINEAR.BYBIT`. The first word may be a kind of
`KINDS`. `<ORDINAL` and `>ORDINAL` at the end name the page before and after an event. All other words are searched for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold, code
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page
from infra.telegram.sentences import sentence_of, title_of
from infra.telegram.words import Words

_PAGE: Final = 8
_LONGEST_LINE: Final = 300
"""UTF-16 units of an event's sentence, so that a page is within a message."""
_MOST_INSTRUMENTS: Final = 6
_IN_A_ROW: Final = 3
_PLACE: Final = re.compile(r"[<>][1-9][0-9]{0,14}")

EXPORT: Final = "export"
"""The verb of the button that exports the journal: `export:ARGUMENT`, with the argument of the screen."""

KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "all": {},
    "order": {"noun": "order"},
    "fill": {"types": ["OrderFilled"]},
    "position": {"noun": "position"},
    "signal": {"noun": "signal"},
    "account": {"noun": "account"},
    "settings": {"noun": "settings"},
}
"""The filter of each kind of event; a kind's button has the word `journal-<kind>`."""

_QUERY = f"""query ($where: EventFilter!, $direction: SortDirection!) {{
  accounts {{ account openedBy settings }}
  prices {{ instrument }}
  traded: performance(by: INSTRUMENT) {{ value }}
  journal(where: $where, direction: $direction, first: {_PAGE}) {{
    pageInfo {{ hasNextPage }}
    edges {{ node {{ ordinal id type line json account occurredAt }} }}
  }}
}}"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the journal is shown: the kind, the words, and the page, empty for the newest."""

    kind: str = "all"
    words: str = ""
    place: str = ""

    @property
    def argument(self) -> str:
        """What a button or a command has for it; empty for the newest page of all events."""
        kind = self.kind if self.kind != "all" or _begins_with_kind(self.words) else ""
        return " ".join(one for one in (kind, self.words, self.place) if one)

    @property
    def button(self) -> str:
        """The data of a button that opens it."""
        return f"{OPEN}:journal:{self.argument}" if self.argument else f"{OPEN}:journal"

    @property
    def export(self) -> str:
        """The data of a button that exports all its pages."""
        return f"{EXPORT}:{replace(self, place='').argument}"


def wanted_of(argument: str) -> Wanted:
    """What the argument of a button or a command names."""
    found = argument.split()
    kind = found.pop(0).lower() if found and found[0].lower() in KINDS else "all"
    place = found.pop() if found and _PLACE.fullmatch(found[-1]) else ""
    return Wanted(kind, " ".join(found), place)


def _begins_with_kind(words: str) -> bool:
    return words.partition(" ")[0].lower() in KINDS


def _searched(argument: str, text: str) -> str:
    """The argument after a person has typed: words replace the words, a kind before them the kind."""
    typed = wanted_of(text)
    return replace(typed, kind=typed.kind if _begins_with_kind(text) else wanted_of(argument).kind).argument


def _variables(argument: str) -> Mapping[str, object]:
    wanted = wanted_of(argument)
    where = where_of(wanted)
    if wanted.place:
        ordinal = int(wanted.place[1:])
        where |= {"afterOrdinal": ordinal} if _is_newer(wanted) else {"uptoOrdinal": ordinal - 1}
    return {"where": where, "direction": "ASC" if _is_newer(wanted) else "DESC"}


def where_of(wanted: Wanted) -> dict[str, object]:
    """The filter of all its pages."""
    where = dict(KINDS[wanted.kind])
    return where | {"search": wanted.words} if wanted.words else where


def _is_newer(wanted: Wanted) -> bool:
    return wanted.place.startswith(">")


def _render(data: Data, scene: Scene) -> Content:
    wanted, words = wanted_of(scene.argument), scene.words
    events = [edge["node"] for edge in data["journal"]["edges"]]
    if _is_newer(wanted):
        events.reverse()
    body: list[Text | str] = [words(f"journal-{wanted.kind}") + (f": {wanted.words}" if wanted.words else "")]
    for event in events:
        body += ["", *_event(event, len(data["accounts"]) > 1, words)]
    if not events:
        body += ["", words("journal-empty")]
    has_room = _fits(wanted)
    body += ["", words("journal-help" if has_room else "journal-long")]
    export = ((Button(words("export"), wanted.export),),) if events else ()
    rows = (*_pages(data, events, wanted, scene), *export, *_kinds(wanted, scene)) if has_room else ()
    return page(scene, "journal", badge(data["accounts"]), body, (*rows, *_instruments(data, wanted)))


def _event(event: Data, with_account: bool, words: Words) -> list[Text | str]:  # noqa: FBT001
    at = f"{datetime.fromisoformat(event['occurredAt']):%m-%d %H:%M:%S}"
    head = bold(f"{at} {event['account']}" if with_account else at)
    line = f"{title_of(event['type'], words)}: {sentence_of(event, words)}"
    return [head + "  " + Text(line).cut(_LONGEST_LINE), code(event["id"])]


def _fits(wanted: Wanted) -> bool:
    """Whether the buttons of every page and kind have room for the words."""
    return fits(replace(wanted, kind=max(KINDS, key=len), place="<" + "9" * 12).button)


def _pages(data: Data, events: list[Data], wanted: Wanted, scene: Scene) -> Rows:
    words, has_more, is_newer = scene.words, data["journal"]["pageInfo"]["hasNextPage"], _is_newer(wanted)
    row: list[Button] = []
    if events and (has_more if is_newer else wanted.place):
        row.append(Button(words("journal-newer"), replace(wanted, place=f">{events[0]['ordinal']}").button))
    if events and (has_more or is_newer):
        row.append(Button(words("journal-older"), replace(wanted, place=f"<{events[-1]['ordinal']}").button))
    if wanted.place:
        row.append(Button(words("journal-newest"), replace(wanted, place="").button))
    return (tuple(row),) if row else ()


def _kinds(wanted: Wanted, scene: Scene) -> Rows:
    return _rows(
        [
            Button(scene.words(f"journal-{kind}"), Wanted(kind, wanted.words).button)
            for kind in KINDS
            if kind != wanted.kind
        ]
    )


def _instruments(data: Data, wanted: Wanted) -> Rows:
    """The first instruments that were traded, that the strategies have and that the engine has prices of, each as the
    words to search for; the one that is shown is left out."""
    strategies = [one for account in data["accounts"] for one in account["settings"].get("strategies", ())]
    own = [name for one in strategies for name in one.get("instruments", ())]
    traded, priced = (
        (one["value"] for one in data["traded"]),
        (one["instrument"] for one in data["prices"] or ()),
    )
    named = dict.fromkeys([*traded, *own, *priced])
    found = [Wanted(wanted.kind, name) for name in named if name != wanted.words]
    fitting = [Button(one.words.partition(".")[0], one.button) for one in found if _fits(one)]
    return _rows(fitting[:_MOST_INSTRUMENTS])


def _rows(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[n : n + _IN_A_ROW]) for n in range(0, len(buttons), _IN_A_ROW))


def _of_account(variables: Mapping[str, object], account: str) -> Mapping[str, object]:
    where = cast("Mapping[str, object]", variables["where"])
    return {**variables, "where": {**where, "account": account}}


JOURNAL = Screen("journal", _QUERY, _render, variables=_variables, typed=_searched, by_account=_of_account)
