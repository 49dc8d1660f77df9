"""The chain of an id: of an event, order, signal, position or execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.telegram.content import Content
from adapters.telegram.text import Text, code
from infra.telegram.screens.figures import badge, moment
from infra.telegram.screens.screen import Data, Scene, Screen, fitting, page
from infra.telegram.sentences import sentence_of, title_of
from infra.telegram.words import Words

_INDENT: Final = "  "
_QUERY: Final = """query ($id: ID!) {
  accounts { account openedBy }
  chain(id: $id) {
    beganAt endedAt
    nodes { because depth event { account ordinal type line json occurredAt } }
  }
}"""


def _variables(argument: str) -> Mapping[str, object]:
    return {"id": argument}


def _render(data: Data, scene: Scene) -> Content:
    words, chain, accounts = scene.words, data["chain"], data["accounts"]
    if chain is None:
        body: list[Text | str] = [words("explain-unknown") + " ", code(scene.argument)]
    else:
        own = {one["event"]["account"] for one in chain["nodes"]}
        accounts = [one for one in accounts if one["account"] in own]
        body = [
            code(scene.argument),
            f"{moment(chain['beganAt'])} - {moment(chain['endedAt'])}",
            "",
            *fitting(_lines(chain["nodes"], scene.words), scene),
        ]
    return page(scene, "explain", badge(accounts), body)


def _lines(nodes: Sequence[Data], words: Words) -> list[Text | str]:
    """The chain as the API's `lines` have it, with the sentences of the user's language: each event indented below its
    cause, and above the first ones the outside fact that caused them."""
    found: list[Text | str] = []
    fact = ""
    for node in nodes:
        if node["because"] not in ("", fact):
            fact = str(node["because"])
            found.append(fact)
        found.append(_line(node["event"], int(node["depth"]) + 1, words))
    return found


def _line(event: Data, depth: int, words: Words) -> str:
    at = f"{datetime.fromisoformat(event['occurredAt']):%Y-%m-%d %H:%M:%S}"
    title = title_of(event["type"], words) + ("" if words.is_own else ":")
    return f"{_INDENT * depth}{at} {title} {sentence_of(event, words)} #{event['ordinal']}"


EXPLAIN = Screen("explain", _QUERY, _render, variables=_variables, needs_argument=True)
