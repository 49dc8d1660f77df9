"""Tests of mutations; a real engine carries them out."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.graphql.mutation_inputs import SignalInput
from adapters.graphql.permission import least_role
from commands.door import Answer, TimedOut
from commands.request import ManualTerms, OutsideSignal, PlaceOrder, Requested
from commands.roles import Role
from domain.errors import LogOwned
from domain.held import id_of
from domain.signal import SignalDetected
from tests.adapters.graphql.dealing import CALLERS, SCHEMA, Dealing
from tests.commands.requests.asking import TERMS
from tests.domain.history import ACCOUNT, BTC, NOW, D

pytestmark = pytest.mark.anyio

_ANSWER = """{ __typename
  ... on Completed { commandId ordinal repeated readModelsReached events { ordinal id stream type } }
  ... on Refused { commandId code reason }
  ... on TimedOut { commandId known validUntil } }"""
_TERMS: dict[str, Any] = {
    "instrument": BTC, "side": "BUY", "type": "LIMIT", "quantity": "10", "limitPrice": "100", "stop": "98",
    "target": "106",
}  # fmt: skip
_SIGNAL: dict[str, Any] = {
    "strategy": "scanner", "instrument": BTC, "intervalSeconds": 300, "candleClosedAt": NOW.isoformat(),
    "direction": "LONG", "confidence": 0.7, "trend": 0.5, "price": "100", "stop": "98", "target": "106",
    "inputs": [{"name": "adx", "value": 31.5}],
}  # fmt: skip
_SEND: dict[str, tuple[str, str, dict[str, Any]]] = {
    "raiseSignal": ("$signal: SignalInput!", "signal: $signal", {"signal": _SIGNAL}),
    "placeOrder": ("$confirmation: String!", "confirmation: $confirmation", {"confirmation": "x.y"}),
    "amendOrder": (
        "$orderId: String!, $limitPrice: Decimal",
        "orderId: $orderId, limitPrice: $limitPrice",
        {"orderId": "x-e1", "limitPrice": "99"},
    ),
    "cancelOrder": (
        "$orderId: String!, $reason: String!",
        "orderId: $orderId, reason: $reason",
        {"orderId": "x-e1", "reason": "why"},
    ),
    "closePosition": (
        "$position: String!, $reason: String!",
        "position: $position, reason: $reason",
        {"position": f"{BTC}-LONG-1", "reason": "why"},
    ),
    "moveProtection": (
        "$position: String!, $stop: Decimal",
        "position: $position, stop: $stop",
        {"position": f"{BTC}-LONG-1", "stop": "97"},
    ),
    "pauseStrategy": (
        "$strategy: String!, $reason: String!",
        "strategy: $strategy, reason: $reason",
        {"strategy": "trend", "reason": "news"},
    ),
    "resumeStrategy": (
        "$strategy: String!, $reason: String!",
        "strategy: $strategy, reason: $reason",
        {"strategy": "trend", "reason": "calm"},
    ),
    "changeSettings": (
        "$changes: [SettingChange!]!",
        "changes: $changes",
        {"changes": [{"name": "risk.max_positions", "value": "2"}]},
    ),
    "submitSettings": (
        "$changes: [SettingChange!]!, $reason: String!",
        "changes: $changes, reason: $reason",
        {"changes": [{"name": "risk.max_positions", "value": "9"}], "reason": "more symbols"},
    ),
    "reviewSettings": (
        "$held: ID!, $verdict: Review!, $reason: String!",
        "held: $held, verdict: $verdict, reason: $reason",
        {"held": "0a1b2c3d", "verdict": "APPLY", "reason": "agreed"},
    ),
    "tripKillSwitch": ("$reason: String!", "reason: $reason", {"reason": "why"}),
    "resetKillSwitch": ("$reason: String!", "reason: $reason", {"reason": "calm"}),
    "resolveDiscrepancy": (
        "$id: String!, $resolution: String!, $transfer: Decimal, $closedAt: Decimal, $fee: Decimal",
        "discrepancyId: $id, resolution: $resolution, transfer: $transfer, closedAt: $closedAt, fee: $fee",
        {"id": "d1", "resolution": "looked", "transfer": None, "closedAt": None, "fee": None},
    ),
}
_DRAFT = """mutation ($terms: OrderTerms!, $key: String!, $account: String) {
  draftOrder(request: {idempotencyKey: $key, account: $account}, terms: $terms) { __typename
    ... on Draft { confirmation expiresAt price notional margin fee risk warnings }
    ... on Refused { commandId code reason } } }"""

_ENTRY_DRAFT = """mutation ($signal: SignalInput!, $key: String!) {
  draftEntry(request: {idempotencyKey: $key}, signal: $signal) { __typename
    ... on EntryDraft { price quantity stop target notional margin fee risk reasons }
    ... on Refused { commandId code reason } } }"""


def mutation(name: str, **more: str) -> str:
    variables, arguments, _ = _SEND[name]
    request = ", ".join(["idempotencyKey: $key", *(f"{word}: {value}" for word, value in more.items())])
    return (
        f"mutation ($key: String!, {variables}) {{ {name}(request: {{{request}}}, {arguments}) {_ANSWER} }}"
    )


@pytest.fixture
def dealing() -> Iterator[Dealing]:
    dealing = Dealing()
    yield dealing
    dealing.desk.close()


def kinds(answer: dict[str, Any]) -> list[str]:
    return [event["type"].rpartition(".")[2] for event in answer["events"]]


async def drafted(dealing: Dealing, key: str = "k1", **changed: Any) -> dict[str, Any]:
    return await dealing.answer(_DRAFT, terms={**_TERMS, **changed}, key=key)


async def placed(dealing: Dealing, key: str = "k1") -> dict[str, Any]:
    draft = await drafted(dealing, key)
    return await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key=key)


async def test_an_order_is_placed_with_the_terms_of_its_draft(dealing: Dealing) -> None:
    before = dealing.asking.desk.log.head()
    draft = await drafted(dealing)
    assert draft["__typename"] == "Draft"
    assert (draft["price"], draft["notional"]) == ("100", "1000")
    assert dealing.asking.desk.log.head() == before
    answer = await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key="k1")
    assert answer["__typename"] == "Completed"
    assert kinds(answer) == ["FundsReserved", *["OrderPlaced"] * 3]
    assert answer["events"][-1]["ordinal"] == answer["ordinal"] == dealing.asking.desk.log.head()
    assert {one.envelope.meta.actor for one in dealing.asking.desk.log.read(before)} == {"tess"}


async def test_a_draft_confirmed_twice_places_one_order(dealing: Dealing) -> None:
    draft = await drafted(dealing)
    first = await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key="k1")
    again = await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key="k1")
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["events"] == again["events"]
    other = await dealing.code(mutation("placeOrder"), confirmation=draft["confirmation"], key="k2")
    assert other == (
        "BAD_INPUT",
        "an order is placed with the idempotency key of its draft; this key differs",
    )


async def test_a_confirmation_that_is_forged_expired_or_of_another_owner_is_refused(dealing: Dealing) -> None:
    draft = await drafted(dealing)
    text = draft["confirmation"]
    code, message = await dealing.code(mutation("placeOrder"), "admin", confirmation=text, key="k1")
    assert (code, "belongs to another person" in message) == ("BAD_INPUT", True)
    code, message = await dealing.code(mutation("placeOrder", account='"other"'), confirmation=text, key="k1")
    assert (code, "another person or account" in message) == ("BAD_INPUT", True)
    for forged in (
        "",
        "x",
        "x.y",
        text[:-2],
        text.replace(text[5], "A" if text[5] != "A" else "B", 1),
        text + "=",
        text + "\\n",
        text + ".x",
        "é.é",
    ):
        code, message = await dealing.code(mutation("placeOrder"), confirmation=forged, key="k1")
        assert (code, message) == (
            "BAD_INPUT",
            "this program has not signed that confirmation; draft the order again",
        )
    dealing.asking.desk.at += timedelta(minutes=3)
    code, message = await dealing.code(mutation("placeOrder"), confirmation=text, key="k1")
    assert (code, "the draft was valid until" in message) == ("REFUSED", True)


async def test_a_repeated_key_returns_the_first_response_even_if_its_confirmation_has_expired(
    dealing: Dealing,
) -> None:
    draft = await drafted(dealing)
    first = await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key="k1")
    dealing.asking.desk.at += timedelta(minutes=3)
    signed_before_a_restart = f"{draft['confirmation'].partition('.')[0]}.c2lnbmVk"
    for confirmation in (draft["confirmation"], signed_before_a_restart):
        again = await dealing.answer(mutation("placeOrder"), confirmation=confirmation, key="k1")
        assert (again["repeated"], again["events"]) == (True, first["events"])
    head = dealing.asking.desk.log.head()
    code, _message = await dealing.code(
        mutation("placeOrder"), confirmation=signed_before_a_restart, key="k3"
    )
    assert (code, dealing.asking.desk.log.head()) == ("BAD_INPUT", head)


def rewritten(confirmation: str, **changed: Any) -> str:
    """The confirmation with changed content, and with a signature that this program did not make."""
    body = urlsafe_b64decode(confirmation.partition(".")[0] + "==")
    document = json.loads(body)
    document["terms"] |= changed.pop("terms", {})
    return f"{urlsafe_b64encode(json.dumps({**document, **changed}).encode()).decode().rstrip('=')}.c2lnbmVk"


async def test_a_rewritten_confirmation_is_refused_where_its_key_was_used_for_other_terms(
    dealing: Dealing,
) -> None:
    draft = await drafted(dealing)
    text = draft["confirmation"]
    await dealing.answer(mutation("placeOrder"), confirmation=text, key="k1")
    head = dealing.asking.desk.log.head()
    answer = await dealing.answer(
        mutation("placeOrder"), confirmation=rewritten(text, terms={"quantity": "11"}), key="k1"
    )
    assert (answer["__typename"], answer["code"]) == ("Refused", "InvalidInput")
    assert answer["reason"].startswith("the key k1 was used for another request: FundsReserved on ")
    assert dealing.asking.desk.log.head() == head


@pytest.mark.parametrize("changed", [{"actor": "ada"}, {"account": "other"}, {"key": "k2"}])
async def test_a_confirmation_of_another_caller_account_or_key_does_not_return_an_earlier_result(
    dealing: Dealing, changed: dict[str, str]
) -> None:
    draft = await drafted(dealing)
    text = draft["confirmation"]
    await dealing.answer(mutation("placeOrder"), confirmation=text, key="k1")
    code, message = await dealing.code(
        mutation("placeOrder"), confirmation=rewritten(text, **changed), key="k1"
    )
    assert (code, message) == (
        "BAD_INPUT",
        "this program has not signed that confirmation; draft the order again",
    )


@pytest.mark.parametrize("tampered", [{}, {"key": "k2"}, {"actor": "ada"}])
async def test_a_confirmation_is_refused_where_its_key_was_used_for_another_kind_of_request(
    dealing: Dealing, tampered: dict[str, str]
) -> None:
    text = (await drafted(dealing))["confirmation"]
    await dealing.answer(mutation("tripKillSwitch"), reason="why", key="k1")
    confirmation = rewritten(text, **tampered) if tampered else text
    answer = await dealing.answer(mutation("placeOrder"), confirmation=confirmation, key="k1")
    assert (answer["__typename"], answer["reason"][:41]) == (
        "Refused",
        "the key k1 was used for another request: ",
    )


async def test_an_invalid_draft_is_refused_with_its_reason(dealing: Dealing) -> None:
    answer = await drafted(dealing, quantity="0.00000001")
    assert (answer["__typename"], answer["code"]) in {("Refused", "Refused"), ("Refused", "InvalidInput")}
    assert answer["reason"]


async def test_a_drafted_entry_has_its_size_and_records_nothing(dealing: Dealing) -> None:
    before = dealing.asking.desk.log.head()
    answer = await dealing.answer(_ENTRY_DRAFT, signal=_SIGNAL, key="e1")
    assert (answer["__typename"], answer["reasons"]) == ("EntryDraft", [])
    assert Decimal(answer["quantity"]) * Decimal(answer["price"]) == Decimal(answer["notional"]) > 0
    assert (answer["stop"], answer["target"]) == ("98.0", "106.0")
    refused = await dealing.answer(_ENTRY_DRAFT, signal={**_SIGNAL, "intent": "EXIT"}, key="e1")
    assert (refused["__typename"], refused["code"]) == ("Refused", "InvalidInput")
    assert dealing.asking.desk.log.head() == before


async def test_a_signal_from_outside_is_recorded_and_decided(dealing: Dealing) -> None:
    answer = await dealing.answer(mutation("raiseSignal"), signal=_SIGNAL, key="s1")
    assert kinds(answer)[:2] == ["SignalDetected", "DecisionMade"]


async def test_an_order_is_amended_and_cancelled(dealing: Dealing) -> None:
    answer = await placed(dealing)
    order_id = answer["events"][1]["stream"].removeprefix(f"order-{ACCOUNT}-")
    dealing.asking.rests(order_id)
    amended = await dealing.answer(mutation("amendOrder"), orderId=order_id, limitPrice="99", key="k2")
    assert kinds(amended) == ["OrderAmendRequested"]
    assert kinds(await dealing.answer(mutation("cancelOrder"), orderId=order_id, reason="why", key="k4")) == [
        "OrderCancelRequested"
    ]
    refused = await dealing.answer(mutation("cancelOrder"), orderId="nobody-e1", reason="why", key="k3")
    assert refused["__typename"] == "Refused"
    assert "nobody-e1" in refused["reason"]


async def test_the_stop_of_a_position_is_moved_and_the_position_is_closed(dealing: Dealing) -> None:
    dealing.asking.entered()
    position = f"{BTC}-LONG-1"
    moved = await dealing.answer(mutation("moveProtection"), position=position, stop="97", key="k1")
    assert kinds(moved) == ["OrderAmendRequested"]
    closed = await dealing.answer(mutation("closePosition"), position=position, reason="enough", key="k2")
    assert "OrderPlaced" in kinds(closed)


async def test_each_change_of_a_strategy_a_setting_or_the_kill_switch_records_one_event(
    dealing: Dealing,
) -> None:
    for name, kind, role in (
        ("pauseStrategy", "SettingsChanged", "trader"),
        ("resumeStrategy", "SettingsChanged", "trader"),
        ("changeSettings", "SettingsChanged", "admin"),
        ("tripKillSwitch", "KillSwitchTripped", "trader"),
        ("resetKillSwitch", "KillSwitchReset", "admin"),
    ):
        answer = await dealing.answer(mutation(name), role, **_SEND[name][2], key=name)
        assert kinds(answer) == [kind], answer


async def test_a_request_that_changes_nothing_is_completed_without_an_event(dealing: Dealing) -> None:
    await dealing.answer(mutation("tripKillSwitch"), reason="why", key="k1")
    answer = await dealing.answer(mutation("tripKillSwitch"), reason="why", key="k2")
    assert (answer["__typename"], answer["ordinal"], answer["events"]) == ("Completed", None, [])


async def test_two_peoples_requests_with_one_key_are_judged_each_for_its_own(dealing: Dealing) -> None:
    trip, reset = mutation("tripKillSwitch"), mutation("resetKillSwitch")
    first = await dealing.answer(trip, "trader", reason="why", key="k1")
    second = await dealing.answer(trip, "admin", reason="why", key="k1")
    again = await dealing.answer(trip, "trader", reason="why", key="k1")
    assert [(one["repeated"], kinds(one)) for one in (first, second, again)] == [
        (False, ["KillSwitchTripped"]),
        (False, []),
        (True, ["KillSwitchTripped"]),
    ]
    await dealing.answer(reset, "admin", reason="why", key="k2")
    after_reset = await dealing.answer(trip, "trader", reason="why", key="k1")
    assert after_reset["repeated"]


async def test_a_setting_named_twice_is_refused(dealing: Dealing) -> None:
    twice = [{"name": "risk.max_positions", "value": "2"}, {"name": "risk.max_positions", "value": "3"}]
    code = await dealing.code(mutation("changeSettings"), "admin", changes=twice, key="k1")
    assert code == ("BAD_INPUT", "a setting is named twice; name each once")


async def test_a_loosened_limit_is_held_and_put_in_force_by_the_review_of_what_was_seen(
    dealing: Dealing,
) -> None:
    submitted = await dealing.answer(
        mutation("submitSettings"), "trader", **_SEND["submitSettings"][2], key="k1"
    )
    assert kinds(submitted) == ["SettingsHeld"]
    review = mutation("reviewSettings")
    unseen = await dealing.answer(review, "admin", **_SEND["reviewSettings"][2], key="k2")
    assert (unseen["__typename"], unseen["code"]) == ("Refused", "Refused")
    held = id_of(["risk.max_positions = 9 (before: 5)"])
    applied = await dealing.answer(review, "admin", held=held, verdict="APPLY", reason="agreed", key="k3")
    assert kinds(applied) == ["SettingsChanged", "SettingsHeld"]


@pytest.mark.parametrize("name", [*_SEND, "draftOrder"])
async def test_a_caller_without_the_role_is_refused_before_the_engine_receives_the_request(
    dealing: Dealing, name: str
) -> None:
    document = _DRAFT if name == "draftOrder" else mutation(name)
    variables = {"terms": _TERMS} if name == "draftOrder" else _SEND[name][2]
    needed = Role.ADMIN if name in {"changeSettings", "reviewSettings", "resetKillSwitch"} else Role.TRADER
    for role, caller in CALLERS.items():
        if caller.role >= needed:
            continue
        code, _ = await dealing.code(document, role, **variables, key="k1")
        assert code == ("UNAUTHENTICATED" if role == "nobody" else "FORBIDDEN")
    assert dealing.engine_door.received == []


def test_every_mutation_and_subscription_has_a_least_role() -> None:
    for kind in (SCHEMA.mutation, SCHEMA.subscription):
        assert kind is not None
        fields = kind.__strawberry_definition__.fields  # type: ignore[attr-defined]
        assert fields
        assert [field.name for field in fields if least_role(field) is None] == []


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ({"timeoutSeconds": "0"}, "k1", "timeoutSeconds is 0.1 to 30, not 0"),
        ({"timeoutSeconds": "31"}, "k1", "timeoutSeconds is 0.1 to 30, not 31"),
        ({"account": '"Main-1"'}, "k1", "'Main-1' is not an account"),
        ({}, "", "an idempotency key is 1 to 64"),
        ({}, "a key", "an idempotency key is 1 to 64"),
    ],
)
async def test_an_invalid_request_is_refused_before_it_is_sent(
    dealing: Dealing, more: dict[str, str], key: str, message: str
) -> None:
    code, message = await dealing.code(mutation("tripKillSwitch", **more), reason="why", key=key)
    assert (code, message[: len(message)]) == ("BAD_INPUT", message)
    assert dealing.engine_door.received == []


class SilentDoor:
    """A `Door` whose requests all time out."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        return TimedOut(requested.id, f"durable, not answered within {patience:g} s")


async def test_an_expired_confirmation_leaves_the_outcome_open_while_the_engine_does_not_respond(
    dealing: Dealing,
) -> None:
    confirmation = (await drafted(dealing))["confirmation"]
    await dealing.answer(mutation("placeOrder"), confirmation=confirmation, key="k1")
    dealing.asking.desk.at += timedelta(minutes=3)
    dealing.door = SilentDoor()
    answer = await dealing.answer(mutation("placeOrder"), confirmation=confirmation, key="k1")
    assert answer["__typename"] == "TimedOut"


class OwnedDoor:
    """A `Door` to a log that another process owns."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        raise LogOwned("whence.db is owned by process 7 on desk")


async def test_a_request_that_times_out_returns_its_known_state_and_its_expiry(dealing: Dealing) -> None:
    dealing.door = SilentDoor()
    answer = await dealing.answer(mutation("tripKillSwitch", timeoutSeconds="2"), reason="why", key="k1")
    assert answer == {
        "__typename": "TimedOut",
        "commandId": "k1",
        "known": "durable, not answered within 2 s",
        "validUntil": f"{(dealing.now() + timedelta(seconds=2)).isoformat(timespec='microseconds')[:-6]}Z",
    }


async def test_a_request_to_a_log_of_another_process_is_refused_with_the_owners_name(
    dealing: Dealing,
) -> None:
    dealing.door = OwnedDoor()
    code = await dealing.code(mutation("tripKillSwitch"), reason="why", key="k1")
    assert code == ("LOG_OWNED", "whence.db is owned by process 7 on desk")


class Waiting:
    """A runner of read models that reaches every ordinal, or never reaches one; keeps the waits in `waited_for`.

    With `parks` it parks every event that it reaches.
    """

    def __init__(self, *, reaches: bool, parks: bool = False) -> None:
        self._reaches, self._parks = reaches, parks
        self.waited_for: list[tuple[int, float]] = []

    def wait_until(self, ordinal: int, patience: float) -> bool:
        self.waited_for.append((ordinal, patience))
        return self._reaches

    def includes(self, ordinals: Sequence[int]) -> bool:
        return bool(ordinals) and not self._parks


async def test_events_that_the_read_models_parked_are_not_reported_as_reached(dealing: Dealing) -> None:
    dealing.projecting = Waiting(reaches=True, parks=True)
    answer = await dealing.answer(mutation("tripKillSwitch"), reason="why", key="k1")
    assert answer["readModelsReached"] is False


@pytest.mark.parametrize("reaches", [True, False])
async def test_the_response_waits_for_the_read_models_until_the_timeout(
    dealing: Dealing, reaches: bool
) -> None:
    dealing.projecting = waiting = Waiting(reaches=reaches)
    answer = await dealing.answer(mutation("tripKillSwitch", timeoutSeconds="2"), reason="why", key="k1")
    assert answer["readModelsReached"] is reaches
    ((ordinal, patience),) = waiting.waited_for
    assert ordinal == answer["ordinal"]
    assert 1 < patience <= 2
    not_waited = await dealing.answer(
        mutation("tripKillSwitch", waitForReadModels="false"), reason="why", key="k2"
    )
    assert (not_waited["readModelsReached"], len(waiting.waited_for)) == (None, 1)


def test_a_signal_has_the_same_fields_in_the_event_the_request_and_the_input() -> None:
    """A new field must be added to all three types, because pydantic cannot read a Struct, and GraphQL has no type for
    mappings. Only a strategy in the engine proposes a grid, reads a book, or is moved to another instrument."""
    engines = {"grid", "book", "venue"}
    event = [name for name in SignalDetected.__struct_fields__ if name not in engines]
    assert [field.name for field in fields(OutsideSignal)] == event
    assert [field.name for field in fields(SignalInput)] == event


async def test_all_terms_of_an_order_reach_the_engine(dealing: Dealing) -> None:
    draft = await drafted(
        dealing, type="STOP", limitPrice=None, triggerPrice="101.5", stop="99", target=None, quantity="3.5"
    )
    await dealing.answer(mutation("placeOrder"), confirmation=draft["confirmation"], key="k1")
    wanted = ManualTerms(
        instrument=BTC,
        side=TERMS.side,
        type=type(TERMS.type).STOP,
        quantity=D("3.5"),
        trigger_price=D("101.5"),
        stop=D(99),
    )
    received = dealing.engine_door.received[-1]
    assert (received.request, received.id, received.actor, received.account) == (
        PlaceOrder(wanted),
        "k1",
        "tess",
        ACCOUNT,
    )


async def test_the_price_of_a_close_outside_reaches_the_engine_with_the_discrepancy(dealing: Dealing) -> None:
    sent = {"id": "d1", "resolution": "closed by hand", "closedAt": "103.5"}
    answer = await dealing.answer(mutation("resolveDiscrepancy"), key="k1", **sent)
    assert answer["reason"] == (
        "d1 is no discrepancy of the kind PositionUnknownToThem: closedAt does not explain it"
    )
