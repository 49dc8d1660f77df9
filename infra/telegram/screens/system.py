"""Exchange, log, read models, dead letters, and the version of this program."""

from __future__ import annotations

from importlib.metadata import version

from adapters.telegram.content import Content
from adapters.telegram.text import Text, bold
from infra.telegram.screens.figures import UNKNOWN, age, badge, moment
from infra.telegram.screens.screen import Data, Scene, Screen, page

_OVER = frozenset({"DISCARDED", "RESOLVED"})
_QUERY = """query {
  accounts { account openedBy ordinal updatedAt }
  tradingStates { account reconciling comparedAt openDiscrepancies breakers { service mode since reason } }
  projections { name kind status ordinal parkedEvents }
  deadLetters(first: 100) { state }
}"""


def _render(data: Data, scene: Scene) -> Content:
    words = scene.words
    body: list[Text | str] = []
    for state in data["tradingStates"]:
        body += _exchange(state, scene)
    body += [bold(words("system-log")), *_log(data, scene), ""]
    body += [
        f"{words('dead-letters')}: {sum(one['state'] not in _OVER for one in data['deadLetters'])}",
        f"{words('version')}: {version('whence')}",
    ]
    return page(scene, "system", badge(data["accounts"]), body)


def _exchange(state: Data, scene: Scene) -> list[Text | str]:
    words = scene.words
    compared = state["comparedAt"]
    found: list[Text | str] = [
        bold(state["account"]),
        f"{words('compared')}: {moment(compared) if compared else UNKNOWN}",
        f"{words('discrepancies')}: {len(state['openDiscrepancies'])}",
    ]
    found += [
        f"{words('breaker')} {words.code('Service', one['service'])}: {words.code('Mode', one['mode'])} "
        + words.reason(one["reason"])
        for one in state["breakers"]
        if one["mode"] != "CLOSED"
    ]
    return [*found, ""]


def _log(data: Data, scene: Scene) -> list[Text | str]:
    words, builds = scene.words, data["projections"]
    head = max((one["ordinal"] for one in builds), default=0)
    found: list[Text | str] = [f"{words('head')}: {head}"]
    if data["accounts"]:
        latest = max(str(one["updatedAt"]) for one in data["accounts"])
        found.append(f"{words('last-change')}: {age(latest, scene.now, words)}")
    # A build of the history is written at checkpoints, so it is behind at any time between two of them.
    behind = [
        one for one in builds if one["parkedEvents"] or (one["kind"] == "TODAY" and one["ordinal"] < head)
    ]
    if not behind:
        return [*found, f"{words('read-models')}: {words('up-to-date')}"]
    return [*found, *(_build(one, head, scene) for one in behind)]


def _build(build: Data, head: int, scene: Scene) -> str:
    values = {"behind": head - build["ordinal"], "parked": build["parkedEvents"]}
    words = scene.words
    kind, status = words.code("BuildKind", build["kind"]), words.code("BuildStatus", build["status"])
    return f"{build['name']} {kind} {status}: {words('lag', **values)}"


SYSTEM = Screen("system", _QUERY, _render, is_live=True)
