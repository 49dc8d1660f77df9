"""The chain of an id: of an event, order, signal, position or execution."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.telegram.content import Content
from adapters.telegram.text import Text, code
from infra.telegram.screens.figures import badge, moment
from infra.telegram.screens.screen import Data, Scene, Screen, fitting, page

_QUERY = """query ($id: ID!) {
  accounts { account openedBy }
  chain(id: $id) { beganAt endedAt lines nodes { event { account } } }
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
            *fitting(chain["lines"], scene),
        ]
    return page(scene, "explain", badge(accounts), body)


EXPLAIN = Screen("explain", _QUERY, _render, variables=_variables, needs_argument=True)
