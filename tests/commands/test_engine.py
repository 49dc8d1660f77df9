"""The engine's answers: the events that followed, refusals, and repeated idempotency keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta, timezone
from typing import get_args

import pytest

from commands import answering, requests
from commands.door import Answer, Completed, Declined
from commands.inputs import RequestMade
from commands.reconciliation import RecordDiscrepancy
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    PromoteModel,
    RaiseSignal,
    RegisterModel,
    ReportDrift,
    Request,
    Requested,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    ReviewSettings,
    SubmitSettings,
    TripKillSwitch,
    WithdrawClose,
)
from commands.requests.fingerprint import fingerprint
from commands.requests.repeated import SAME
from commands.world import World
from domain.command_fact import chain_fact
from domain.direction import Side
from domain.events import FULL_NAMES
from domain.log import Envelope
from domain.order import OrderType
from domain.settings import Settings, StrategySettings
from tests.commands.desk import long
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import ACCOUNT, BTC, NOW, D
from tests.replacing import replace

POSITION = f"{BTC}-LONG-1"
RESTING = terms(quantity=D(1), type=OrderType.LIMIT, limit_price=D(90), stop=D(89), target=None)


def prepared() -> Asking:
    """An open position with its protection, a discrepancy, a paused strategy."""
    eve = Asking(
        Settings(strategies=(StrategySettings("trend"), StrategySettings(id="grid", strategy="trend")))
    )
    eve.entered()
    eve.desk.ask(RecordDiscrepancy("d-1", BTC, "1 more"), cause="exchange:test:d-1")
    eve.accepted(PauseStrategy("grid", "too nervous"), "grid")
    return eve


STOP = f"{chain_of('in')}-s1"
THREE = {"risk.max_positions": "3"}
REDUCTION = terms(side=Side.SELL, reduce_only=True, stop=None, target=None)
CASES: tuple[tuple[Request, Request], ...] = (
    (RaiseSignal(outside(long())), RaiseSignal(outside(long(confidence=0.71)))),
    (AmendOrder(order_id=STOP, trigger_price=D(97)), AmendOrder(order_id=STOP, trigger_price=D(96))),
    (CancelOrder(f"{chain_of('in')}-t1", "let it run"), CancelOrder(f"{chain_of('in')}-t1", "no")),
    (ClosePosition(POSITION, "enough"), TripKillSwitch("enough")),
    (MoveProtection(POSITION, D(99)), MoveProtection(POSITION, D("99.1"))),
    (PauseStrategy("trend", "news"), PauseStrategy("trend", "no news")),
    (ResumeStrategy("grid", "calmer"), PauseStrategy("grid", "calmer")),
    (ChangeSettings(THREE), ChangeSettings({"risk.max_positions": "4"})),
    (TripKillSwitch("lunch"), TripKillSwitch("dinner")),
    (ResolveDiscrepancy("d-1", "was a test"), ResolveDiscrepancy("d-1", "was no test")),
)


@pytest.mark.parametrize(("request_", "other"), CASES, ids=lambda one: type(one).__name__)
def test_a_repeated_key_gets_the_first_answer_and_nothing_is_done_twice(
    request_: Request, other: Request
) -> None:
    eve = prepared()
    first = eve.ask(request_, "once")
    assert isinstance(first, Completed)
    assert first.events
    assert not first.repeated
    head = eve.desk.log.head()
    again = eve.ask(request_, "once")
    assert again == replace(first, repeated=True)
    refusal = eve.declined(other, "once")
    assert re.match(r"InvalidInput: the key once was used for another request: \w+ on ", refusal)
    assert eve.desk.log.head() == head


ALIKE: tuple[tuple[Request, Request], ...] = (
    (ClosePosition(POSITION, "enough"), ClosePosition(POSITION, "another reason")),
    (ClosePosition(POSITION, "enough"), PlaceOrder(REDUCTION)),
    (PauseStrategy("trend", "news"), ResumeStrategy("other", "news")),
    (ChangeSettings(THREE), ChangeSettings({**THREE, "risk.cooldown_seconds": "900"})),
    (MoveProtection(POSITION, D(99)), MoveProtection(POSITION, D(99), D(110))),
    (MoveProtection(POSITION, D(99)), MoveProtection(f"{BTC}-LONG-2", D(99))),
)
"""Pairs of requests that would have led to the same events, so that only their fingerprints differ."""


@pytest.mark.parametrize(("request_", "other"), ALIKE)
def test_a_key_used_for_another_request_is_refused_even_if_the_same_events_would_follow(
    request_: Request, other: Request
) -> None:
    eve = prepared()
    first = eve.ask(request_, "once")
    refusal = eve.declined(other, "once")
    assert re.match(r"InvalidInput: the key once was used for another request: \w+ on ", refusal)
    assert isinstance(first, Completed)
    again = Completed("once", first.events, repeated=True)
    code, _, reason = refusal.partition(": ")
    for log, answer in (
        (eve.desk.log.envelopes, Declined("once", code, reason)),
        ([without_fingerprint(one) for one in eve.desk.log.envelopes], again),
    ):
        assert after_a_restart(eve, log, request_) == again
        assert after_a_restart(eve, log, other) == answer, "an old log holds no fingerprint"


def after_a_restart(eve: Asking, log: Sequence[Envelope], request: Request) -> Answer | None:
    """The answer of an engine, started on this log, to the key `once`."""
    at = eve.desk.at
    requested = Requested(id="once", account=ACCOUNT, actor="eve", valid_until=at, request=request)
    world = World().fold_all(log)
    return answering.settled(RequestMade(at, at, requested), world, eve.desk.driver.engine.identity)


def without_fingerprint(envelope: Envelope) -> Envelope:
    """The envelope as written before causes had fingerprints."""
    meta = envelope.meta
    return replace(envelope, meta=replace(meta, causation_id=chain_fact(meta.causation_id)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PlaceOrder(terms(quantity=D("10.00"))), PlaceOrder(terms(quantity=D("1E+1")))),
        (PlaceOrder(terms(quantity=D(0))), PlaceOrder(terms(quantity=D("-0.00")))),
        (
            RaiseSignal(outside(replace(long(), candle_closed_at=NOW))),
            RaiseSignal(
                outside(replace(long(), candle_closed_at=NOW.astimezone(timezone(timedelta(hours=9)))))
            ),
        ),
        (ChangeSettings({"a": "1", "b": "2"}), ChangeSettings({"b": "2", "a": "1"})),
    ],
    ids=["zeros", "no quantity", "zones", "order of settings"],
)
def test_equal_requests_that_are_written_differently_have_one_fingerprint(
    one: Request, other: Request
) -> None:
    assert fingerprint(one) == fingerprint(other)


def test_the_fingerprints_of_recorded_requests_do_not_change() -> None:
    """If a fingerprint changed, a request with a key from an existing log would be refused as another request."""
    assert [fingerprint(PlaceOrder(RESTING)), fingerprint(TripKillSwitch("lunch"))] == [
        "fdd723a4927bfc2b",
        "1d01253aa3b07ee2",
    ]


def test_a_figure_with_an_exponent_out_of_range_has_a_fingerprint() -> None:
    """The fingerprint of a repeated key is compared before the figures of the request are checked."""
    huge = fingerprint(PlaceOrder(terms(quantity=D("1E+400000000"))))
    assert huge != fingerprint(PlaceOrder(terms(quantity=D("1E+400000001"))))


def test_a_used_key_with_another_account_is_refused_for_the_account() -> None:
    eve = prepared()
    eve.accepted(TripKillSwitch("lunch"), "once")
    answer = eve.ask(TripKillSwitch("lunch"), "once", account="other")
    assert getattr(answer, "reason", None) == "this engine trades for main, not for other"


def test_a_repeated_order_and_a_repeated_reset_get_their_first_answers() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(RESTING), "order")
    assert eve.accepted(PlaceOrder(RESTING), "order")[0] == "FundsReserved"
    assert "another request" in eve.declined(PlaceOrder(terms()), "order")
    assert "another request" in eve.declined(DraftOrder(RESTING), "order")
    eve.accepted(TripKillSwitch("lunch"), "trip")
    eve.accepted(ResetKillSwitch("fed"), "reset")
    assert eve.accepted(ResetKillSwitch("fed"), "reset") == ["KillSwitchReset"]
    assert eve.accepted(TripKillSwitch("lunch"), "trip") == ["KillSwitchTripped", "OrderCancelRequested"], (
        "the first answer is returned, and nothing is done again"
    )
    assert not eve.desk.world.portfolio.account.tripped


def test_an_answer_names_the_recorded_events_and_is_known_after_a_restart() -> None:
    eve = prepared()
    answer = eve.ask(ClosePosition(POSITION, "enough"), "out")
    assert isinstance(answer, Completed)
    recorded = {one.ordinal: one.envelope for one in eve.desk.log.read()}
    for event in answer.events:
        envelope = recorded[event.ordinal]
        assert (event.event_id, event.stream) == (envelope.meta.event_id, envelope.meta.stream)
        assert event.type == FULL_NAMES[type(envelope.event)]
    assert answer.ordinal == eve.desk.log.head()
    folded = World().fold_all(eve.desk.log.envelopes)
    for key in ("in", "grid", "out", "never"):
        assert list(folded.commanded.followed(key)) == list(eve.desk.world.commanded.followed(key))


def test_an_expired_request_is_never_carried_out() -> None:
    eve = Asking()
    head = eve.desk.log.head()
    late = eve.ask(TripKillSwitch("lunch"), valid_until=eve.desk.at)
    assert getattr(late, "code", None) == "Expired"
    assert eve.desk.log.head() == head
    eve.accepted(TripKillSwitch("lunch"), "trip")
    repeated = eve.ask(TripKillSwitch("lunch"), "trip", valid_until=eve.desk.at - timedelta(days=1))
    assert isinstance(repeated, Completed), "the answer to a completed request never expires"


@pytest.mark.parametrize(
    ("request_", "changed", "sentence"),
    [
        (TripKillSwitch("x"), {"id": "a key"}, "an idempotency key is 1 to 64 letters"),
        (TripKillSwitch("x"), {"id": "k" * 65}, "an idempotency key is 1 to 64 letters"),
        (TripKillSwitch("x"), {"actor": ""}, "a request needs an actor"),
        (TripKillSwitch(" "), {}, "the reason is 1 to 500 characters"),
        (TripKillSwitch("x" * 501), {}, "the reason is 1 to 500 characters"),
        (PauseStrategy("", "why"), {}, "the strategy is 1 to 500 characters"),
        (TripKillSwitch("a\0b"), {}, "the reason has U+0000 at character 2, a control character"),
        (PauseStrategy("a\x1b[2J", "why"), {}, "the strategy has U+001B at character 2"),
        (TripKillSwitch("lunch\u202e"), {}, "the reason has U+202E (RIGHT-TO-LEFT OVERRIDE) at character 6"),
        (TripKillSwitch("x"), {"actor": "e\u200bve"}, "the actor has U+200B (ZERO WIDTH SPACE)"),
        (ClosePosition("BTC\u200b", "x"), {}, "the position has U+200B (ZERO WIDTH SPACE)"),
        (CancelOrder("x\u2066", "x"), {}, "the order id has U+2066 (LEFT-TO-RIGHT ISOLATE)"),
        (PlaceOrder(terms(instrument="BTC\u202e")), {}, "the instrument has U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        (ChangeSettings({"risk\u200b": "1"}), {}, "the name of a setting has U+200B (ZERO WIDTH SPACE)"),
        (ChangeSettings({"x": "\ufeff1"}), {}, "the value of a setting has U+FEFF"),
        (RaiseSignal(outside(replace(long(), strategy=""))), {}, "the strategy is 1 to 500 characters"),
        (
            RaiseSignal(outside(replace(long(), strategy="a\ud800"))),
            {},
            "the strategy has U+D800 at character 2, half of a surrogate pair",
        ),
        (
            RaiseSignal(outside(replace(long(), inputs={"x" * 501: 1.0}))),
            {},
            "the name of an input is 1 to 500",
        ),
        (
            RaiseSignal(outside(replace(long(), inputs=dict.fromkeys(map(str, range(101)), 1.0)))),
            {},
            "a signal has 100 inputs at most",
        ),
        (DraftOrder(terms()), {"id": ""}, "an idempotency key is 1 to 64 letters"),
        (TripKillSwitch("x"), {"account": "other"}, "this engine trades for main, not for other"),
    ],
)
def test_an_invalid_request_is_declined(request_: Request, changed: dict[str, str], sentence: str) -> None:
    answer = Asking().ask(request_, **changed)
    assert getattr(answer, "reason", "").startswith(sentence)


NEWER_THAN_FINGERPRINTS = {
    WithdrawClose,
    ForgetPersonalKey,
    ResumeEntries,
    EndRoute,
    RegisterModel,
    PromoteModel,
    RetireModel,
    ReportDrift,
    SubmitSettings,
    ReviewSettings,
}


def test_every_recording_request_has_its_commands_and_its_comparison() -> None:
    recording = set(get_args(Request)) - {DraftOrder, DraftEntry}
    assert set(requests.COMMANDS) == recording
    assert set(SAME) == recording - NEWER_THAN_FINGERPRINTS
