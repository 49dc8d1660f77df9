"""What a strategy's next entry would be now, in each instrument in which it has entered or wanted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adapters.telegram.content import Button, Content
from adapters.telegram.text import Text, bold, lines
from infra.telegram.screens.figures import money, number
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene

NEXT: Final = "next"
"""The verb of the button that shows it: `next:STRATEGY`."""
MOST: Final = 5
"""The most instruments of which an entry is drafted."""
SIGNALS: Final = """query ($strategy: String!) {
  signals(where: {strategy: $strategy, intent: ENTER}, first: 50) { edges { node {
    account strategy instrument intervalSeconds candleClosedAt direction intent confidence trend price stop target
  } } }
}"""
DRAFT_ENTRY: Final = """mutation ($key: String!, $account: String!, $signal: SignalInput!) {
  draftEntry(request: {idempotencyKey: $key, account: $account, timeoutSeconds: 10}, signal: $signal) {
    ... on EntryDraft { price quantity stop target notional margin risk reasons }
    ... on Refused { code reason }
    ... on TimedOut { known }
  }
}"""
Drafted = tuple[Data, Data]
"""A signal, and the answer to its draft."""


def latest_of(data: Data) -> Sequence[Data]:
    """The latest signal in each account and instrument, the newest first; `MOST` at most."""
    found: dict[tuple[str, str], Data] = {}
    for edge in data["signals"]["edges"]:
        one = edge["node"]
        found.setdefault((one["account"], one["instrument"]), one)
    return list(found.values())[:MOST]


def variables_of(signal: Data, key: str) -> dict[str, Any]:
    """The variables of `DRAFT_ENTRY`."""
    given = {name: value for name, value in signal.items() if name != "account"}
    return {"key": key, "account": signal["account"], "signal": given}


def next_entry_content(strategy: str, drafts: Sequence[Drafted], scene: Scene) -> Content:
    """The drafts of a strategy; none where it has proposed no entry yet."""
    words = scene.words
    body: list[Text | str] = [bold(f"{words('next-entry')}  {strategy}"), ""]
    for signal, answer in drafts:
        body += [
            bold(f"{signal['account']} {signal['instrument']}  {words(signal['direction'].lower())}"),
            *_lines(answer, scene),
            "",
        ]
    body += [words("next-entry-help")] if drafts else [words("next-entry-none")]
    row = (Button(words("screen-auto"), f"{OPEN}:auto"), Button(words("menu"), f"{OPEN}:{HOME}"))
    return Content(lines(body).cut(), (row,))


def _lines(answer: Data, scene: Scene) -> list[Text | str]:
    words = scene.words
    if "quantity" not in answer:
        return [words("next-entry-refused", reason=str(answer.get("reason", answer.get("known", ""))))]
    reasons = words.reasons(answer["reasons"])
    return [
        f"{number(answer['quantity'])} @ {number(answer['price'])} = {money(answer['notional'])}",
        f"{words('margin')}: {money(answer['margin'])}, {words('risk-of-entry')}: {money(answer['risk'])}",
        f"{words('stop')} {number(answer['stop'])}, {words('target')} {number(answer['target'])}",
        *([words("next-entry-reasons", reasons=reasons)] if reasons else []),
    ]
