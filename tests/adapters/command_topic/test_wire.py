from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest

from adapters.command_topic.largest import LARGEST
from adapters.command_topic.wire import (
    answer_bytes,
    id_in,
    read_answer,
    read_request,
    request_bytes,
)
from commands.door import Answer, Completed, Declined, Drafted, EventNamed, SignalDecided, TimedOut
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
from commands.roles import Role
from domain.errors import InvalidInput
from domain.held import Review
from domain.model import ModelRole
from tests.commands.models_of_tests import FIRST, promotion, registration
from tests.commands.outside import outside
from tests.commands.requests.asking import TERMS
from tests.domain.history import BTC, NOW, a_signal
from tests.replacing import replace

AT = datetime(2025, 6, 30, 14, 0, 0, 123456, tzinfo=UTC)
_TERMS = replace(TERMS, quantity=Decimal("0.0150"), stop=Decimal("1E+2"), target=None)
REQUESTS: list[Request] = [
    RaiseSignal(outside(a_signal(confidence=0.1 + 0.2))),
    DraftOrder(_TERMS),
    DraftEntry(outside(a_signal())),
    PlaceOrder(_TERMS),
    AmendOrder(order_id="x-e1", limit_price=Decimal("100.10")),
    CancelOrder("x-e1", "why é ☃"),
    ClosePosition(f"{BTC}-LONG-1", "why"),
    WithdrawClose(f"{BTC}-LONG-1", "why"),
    MoveProtection(f"{BTC}-LONG-1", Decimal(1), None),
    PauseStrategy("trend", "why"),
    ResumeStrategy("trend", "why"),
    ResumeEntries("calmer", "trend"),
    EndRoute("4d8bnjj9dt473", "that machine is gone", nothing_held=True),
    ChangeSettings({"risk.max_positions": "2"}),
    SubmitSettings({"risk.max_positions": "2"}, "why"),
    ReviewSettings("0a1b2c3d", Review.REJECT, "why"),
    TripKillSwitch("why"),
    ResetKillSwitch("why"),
    ForgetPersonalKey("0123456789abcdef", "why"),
    registration(),
    promotion(),
    PromoteModel(sha256=FIRST, role=ModelRole.CHALLENGER, reason="better", rule="gate.1"),
    RetireModel(sha256=FIRST, reason="why"),
    ReportDrift(
        sha256=FIRST,
        subject="adx",
        test="PSI",
        statistic=0.3,
        limit=0.25,
        count=9,
        begin=NOW,
        end=NOW,
        reason="looked",
    ),
    ResolveDiscrepancy("d1", "looked"),
    ResolveDiscrepancy("d1", "a transfer", Decimal("-12.5")),
    ResolveDiscrepancy("d1", "closed by hand", closed_at=Decimal("100.25")),
    ResolveDiscrepancy("d1", "closed by hand", closed_at=Decimal("100.25"), fee=Decimal("0.331")),
]
ANSWERS: list[Answer] = [
    Completed(
        "k1",
        (
            EventNamed(
                ordinal=7, event_id=UUID(int=7), stream="order-main-x", type="whence.order.OrderPlaced"
            ),
        ),
        repeated=True,
    ),
    Completed("k1", ()),
    Completed(
        "k1", (), decided=SignalDecided(signal_id="4d8bnjj9dt473", verdict="SKIP", reasons=("STALE_DATA",))
    ),
    Drafted(
        command_id="k1",
        terms=_TERMS,
        price=Decimal("100.10"),
        notional=None,
        margin=Decimal(1),
        fee=Decimal("0.05"),
        risk=None,
        warnings=("far from it",),
    ),
    Declined("k1", "Refused", "no"),
    TimedOut("k1", "nothing"),
]


def requested(request: Request) -> Requested:
    return Requested(id="k1", account="main", actor="tess", valid_until=AT, request=request, role=Role.TRADER)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_a_request_is_read_as_it_was_written(request_: Request) -> None:
    written = request_bytes(requested(request_))
    assert read_request(written) == requested(request_)
    assert repr(read_request(written)) == repr(requested(request_)), (
        "digits must be kept as they were written"
    )


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: type(one).__name__)
def test_an_answer_is_read_as_it_was_written(answer: Answer) -> None:
    read = read_answer(answer_bytes(answer))
    assert as_list(read) == as_list(answer)


def as_list(answer: Answer) -> str:
    """The answer's values as text, with tuples as lists, because a tuple may be read back as a list."""
    return repr(asdict(answer)).replace("(", "[").replace(",)", "]").replace(")", "]")


def test_the_samples_hold_every_kind_of_request_and_answer() -> None:
    assert {type(one) for one in REQUESTS} == set(get_args(Request))
    assert {type(one) for one in ANSWERS} == set(get_args(Answer))


def test_decimals_are_text_and_times_are_utc() -> None:
    here = replace(requested(PlaceOrder(_TERMS)), valid_until=AT.astimezone(UTC) + timedelta(0))
    form = json.loads(request_bytes(here))
    assert (form["version"], form["kind"]) == (2, "PlaceOrder")
    assert form["request"]["terms"]["quantity"] == "0.0150"
    assert form["valid_until"] == "2025-06-30T14:00:00.123456Z"


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    form = json.loads(request_bytes(requested(PlaceOrder(_TERMS))))
    change(form)
    return json.dumps(form).encode()


def _signal(change: Callable[[dict[str, Any]], object]) -> bytes:
    form = json.loads(request_bytes(requested(RaiseSignal(outside(a_signal())))))
    change(form["request"]["signal"])
    return json.dumps(form).encode()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 60_000, "it is not JSON"),
        (b"[1]", "it is not a JSON object"),
        (b'{"version": 2, "id": "k1"}', "account is missing or is not text"),
        (b" " * (LARGEST + 1), f"it is {LARGEST + 1:,} bytes long; {LARGEST:,} are allowed"),
        (_changed(lambda form: form.update(version=1)), "version 1; this program reads 2"),
        (_changed(lambda form: form.pop("version")), "version None; this program reads 2"),
        (_changed(lambda form: form.update(version="1")), "version '1'"),
        (
            _changed(lambda form: form.update(kind="Transfer")),
            "'Transfer' is not a kind of request; the kinds are: Raise",
        ),
        (_changed(lambda form: form.update(kind=["x"])), "is not a kind of request"),
        (_changed(lambda form: form.update(id=7)), "id is missing or is not text"),
        (
            _changed(lambda form: form.update(valid_until="2025-06-30T14:00:00")),
            "valid_until must be a time with its zone",
        ),
        (
            _changed(lambda form: form.update(valid_until="0001-01-01T00:00:00+14:00")),
            "valid_until must be a time with its zone",
        ),
        (_changed(lambda form: form.update(valid_until=1e300)), "valid_until must be a time with its zone"),
        (
            _signal(lambda signal: signal.update(candle_closed_at="2025-06-30T14:00:00")),
            "candle_closed_at must be a time",
        ),
        (
            _signal(lambda signal: signal.update(candle_closed_at=1_751_292_000)),
            "candle_closed_at must be a time",
        ),
        (
            _signal(lambda signal: signal.update(candle_closed_at="1751292000")),
            "candle_closed_at must be a time",
        ),
        (_changed(lambda form: form.update(valid_until="1751292000")), "valid_until must be a time"),
        (_signal(lambda signal: signal.update(confidence=float("nan"))), "it is not JSON"),
        (_signal(lambda signal: signal.update(confidence=0)).replace(b": 0,", b": 1e400,"), "it is not JSON"),
        (_changed(lambda form: form.update(actor="\ud800")), "a text has a character that cannot be stored"),
        (_changed(lambda form: form.update(actor="a\0")), "a text has a character that cannot be stored"),
        (_changed(lambda form: form.update(hurry=True)), "'hurry' is unknown"),
        (
            _changed(lambda form: form["request"].update(hurry=True)),
            "PlaceOrder: 'hurry' is unknown",
        ),
        (
            _changed(lambda form: form["request"]["terms"].update(limt_price="1")),
            "PlaceOrder: 'limt_price' is unknown",
        ),
        (_changed(lambda form: form["request"]["terms"].update(quantity="NaN")), "terms.quantity: "),
        (_changed(lambda form: form["request"]["terms"].update(quantity="ten")), "terms.quantity: "),
        (
            _changed(lambda form: form["request"]["terms"].update(quantity="1_0")),
            "PlaceOrder: terms.quantity: it should be a number in the digits 0 to 9",
        ),
        (
            _changed(lambda form: form["request"]["terms"].update(stop="\u0669\u0668")),
            "terms.stop: it should be a number",
        ),
        (
            _changed(lambda form: form["request"]["terms"].update(reduce_only="yes")),
            "reduce_only: it should be true",
        ),
        (
            _signal(lambda signal: signal.update(interval_seconds="3_00")),
            "interval_seconds: it should be a whole",
        ),
        (
            _signal(lambda signal: signal["inputs"].update(adx="1_0")),
            "signal.inputs.adx: it should be a number",
        ),
        (_changed(lambda form: form["request"]["terms"].update(side="UP")), "terms.side: "),
        (_changed(lambda form: form.update(request=None)), "PlaceOrder: "),
    ],
)
def test_bytes_that_are_not_a_request_of_this_version_are_refused(written: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_request(written)
    assert message in str(refused.value)


def test_an_error_does_not_repeat_the_given_value() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_request(_changed(lambda form: form["request"]["terms"].update(quantity="hunter2")))
    assert "hunter2" not in str(refused.value)


def test_the_id_of_an_invalid_request_is_read_where_it_has_one() -> None:
    assert id_in(_changed(lambda form: form.update(kind="Transfer"))) == "k1"
    for nothing in (b"", b"{}", _changed(lambda form: form.update(id=7))):
        assert id_in(nothing) == ""


def test_a_request_above_the_maximum_size_is_not_written() -> None:
    with pytest.raises(InvalidInput, match="bytes long; 65,536 are allowed"):
        request_bytes(requested(TripKillSwitch("x" * LARGEST)))
