"""The chain of an id: of an event, order, signal, position or execution."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.telegram.content import Content
from adapters.telegram.text import Text, code
from infra.telegram.screens.figures import badge, moment
from infra.telegram.screens.screen import Data, Scene, Screen, fitting, page

_QUERY = """query ($id: ID!) {
  accounts { account openedBy }
  chain(id: $id) { beganAt endedAt lines }
}"""


def _variables(argument: str) -> Mapping[str, object]:
    return {"id": argument}


def _render(data: Data, scene: Scene) -> Content:
    words, chain = scene.words, data["chain"]
    if chain is None:
        body: list[Text | str] = [words("explain-unknown") + " ", code(scene.argument)]
    else:
        body = [
            code(scene.argument),
            f"{moment(chain['beganAt'])} - {moment(chain['endedAt'])}",
            "",
            *fitting(chain["lines"], scene),
        ]
    return page(scene, "explain", badge(data["accounts"]), body)


EXPLAIN = Screen("explain", _QUERY, _render, variables=_variables, needs_argument=True)
