"""The mutations that buttons send, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.telegram.api import Api, ApiDown, ApiRefused
from infra.telegram.people import Person

_ANSWER = """{
  ... on Completed { repeated events { type } }
  ... on Refused { code reason }
  ... on TimedOut { known }
}"""
TRIP_KILL_SWITCH = f"""mutation ($key: String!, $account: String, $reason: String!) {{
  tripKillSwitch(
    request: {{idempotencyKey: $key, account: $account, timeoutSeconds: 10, waitForReadModels: false}}
    reason: $reason
  ) {_ANSWER}
}}"""
_REQUEST = "request: {idempotencyKey: $key, account: $account, timeoutSeconds: 10}"
_SWITCH = """mutation ($key: String!, $account: String!, $strategy: String!, $reason: String!) {{
  {name}({request}, strategy: $strategy, reason: $reason) {answer}
}}"""
PAUSE_STRATEGY = _SWITCH.format(name="pauseStrategy", request=_REQUEST, answer=_ANSWER)
RESUME_STRATEGY = _SWITCH.format(name="resumeStrategy", request=_REQUEST, answer=_ANSWER)
KILL_SWITCHES = "query { tradingStates { account killSwitch } }"
ACKNOWLEDGE_NOTICES = "mutation ($ids: [ID!]!) { acknowledgeNotices(ids: $ids) }"
_VOTES = "votes { member chamber approves reasons }"
DRAFT_ORDER = f"""mutation ($key: String!, $account: String!, $terms: OrderTerms!) {{
  draftOrder(request: {{idempotencyKey: $key, account: $account, timeoutSeconds: 10}}, terms: $terms) {{
    ... on Draft {{ confirmation expiresAt price notional margin fee risk warnings {_VOTES} }}
    ... on Refused {{ reason {_VOTES} }}
    ... on TimedOut {{ known }}
  }}
}}"""
PLACE_ORDER = f"""mutation ($key: String!, $account: String!, $confirmation: String!) {{
  placeOrder(
    request: {{idempotencyKey: $key, account: $account, timeoutSeconds: 10}}, confirmation: $confirmation
  ) {_ANSWER}
}}"""
CLOSE_POSITION = f"""mutation ($key: String!, $account: String!, $position: String!) {{
  closePosition({_REQUEST}, position: $position, reason: "by Telegram") {_ANSWER}
}}"""
MOVE_PROTECTION = f"""mutation (
  $key: String!, $account: String!, $position: String!, $stop: Decimal, $target: Decimal
) {{
  moveProtection({_REQUEST}, position: $position, stop: $stop, target: $target) {_ANSWER}
}}"""
CANCEL_ORDER = f"""mutation ($key: String!, $account: String!, $order: String!) {{
  cancelOrder({_REQUEST}, orderId: $order, reason: "by Telegram") {_ANSWER}
}}"""
AMEND_ORDER = f"""mutation (
  $key: String!, $account: String!, $order: String!, $quantity: Decimal, $limit: Decimal, $trigger: Decimal
) {{
  amendOrder(
    {_REQUEST}, orderId: $order, quantity: $quantity, limitPrice: $limit, triggerPrice: $trigger
  ) {_ANSWER}
}}"""
CHANGE_SETTINGS = f"""mutation ($key: String!, $account: String!, $changes: [SettingChange!]!) {{
  changeSettings({_REQUEST}, changes: $changes, reason: "by Telegram") {_ANSWER}
}}"""
_PASSING = frozenset({"RATE_LIMITED", "TOO_SLOW", "UNAVAILABLE", "LOG_OWNED", "INTERNAL"})
"""Codes of errors after which the same request may succeed."""
_OF_CALLERS = frozenset({"UNAUTHENTICATED", "FORBIDDEN"})
"""Codes of refusals of the caller, whom the API refuses before the engine receives the request."""


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out; `changed` is false where nothing had to change. One that is `repeated` was carried out by an
    earlier request with the same key, and what it changed may have been changed back since."""

    changed: bool
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class NotDone:
    """It was refused, with the reason, and was not carried out. A refusal of the caller is one `of_caller`: it states
    nothing about an earlier attempt with the same key."""

    reason: str
    of_caller: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Nobody knows yet: the same request with the same key is sent again."""

    reason: str


Became = Done | NotDone | Open


async def send(api: Api, document: str, variables: Mapping[str, object], person: Person) -> Became:
    """Sends a mutation whose only field is a `CommandAnswer`, for the person and with the person's role."""
    try:
        data = await api.execute(document, variables, person.role, person.user)
    except ApiDown as fault:
        return Open(str(fault))
    except ApiRefused as fault:
        if fault.code in _PASSING:
            return Open(str(fault))
        return NotDone(str(fault), of_caller=fault.code in _OF_CALLERS)
    return _became(next(iter(data.values())))


def _became(answer: Mapping[str, Any]) -> Became:
    if "reason" in answer:
        return NotDone(str(answer["reason"]))
    if "known" in answer:
        return Open(str(answer["known"]))
    return Done(changed=bool(answer["events"]), repeated=answer["repeated"])
