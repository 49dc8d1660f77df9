"""`POST /signals` on a real server, with a real engine behind it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from adapters.avro import AvroCodec
from adapters.http.signals import BODY_BYTES
from adapters.signals.settings import SignalSettings
from commands.door import Answer, Declined, TimedOut
from commands.request import Requested
from commands.roles import Role
from domain.errors import LogOwned
from domain.signal import DecisionMade, SignalDetected
from tests.adapters.http.conversation import conversation
from tests.adapters.http.sources import (
    BODY_SECRET,
    CLOCK,
    SECRETS,
    SETTINGS,
    STRANGE_TOKEN,
    TOKEN,
    TRADERS_TOKEN,
    Taking,
    hosting,
    settings,
    taking,
)
from tests.domain.history import ETH, D

Send = Callable[[Taking, str], httpx2.Response]
Serve = Callable[[SignalSettings], AbstractContextManager[Taking]]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serves an application of its own, one at a time, on one server."""
    with hosting() as served:
        yield partial(taking, at=served)


@pytest.fixture
def api(serve: Serve) -> Iterator[Taking]:
    with serve(settings()) as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[Taking]:
    """A server for requests that record nothing."""
    with hosting() as served, taking(settings(), served) as found:
        yield found


def faults(answer: httpx2.Response) -> list[tuple[str, str | None]]:
    """Code and field of each fault; every fault has a message."""
    assert all(one["message"] for one in answer.json()["errors"])
    return [(one["code"], one["field"]) for one in answer.json()["errors"]]


WAYS: Mapping[str, Send] = {
    "bot": lambda api, key: api.with_token(key, api.signal()),
    "scanner": lambda api, key: api.signed(key, api.signal()),
    "tradingview": lambda api, _: api.with_secret(),
}
"""One valid request of each source."""


@pytest.mark.parametrize("source", WAYS)
def test_a_signal_of_a_source_is_recorded_with_the_source_as_actor_and_answered_with_the_decision(
    api: Taking, source: str
) -> None:
    before = len(api.recorded)
    answer = WAYS[source](api, "k1")
    assert answer.status_code == 202, answer.text
    detected, decided = api.recorded[before : before + 2]
    assert isinstance(detected.event, SignalDetected)
    assert isinstance(decided.event, DecisionMade)
    assert detected.meta.actor == f"source:{source}"
    assert detected.event.strategy == source
    found = answer.json()
    assert (found["verdict"], found["reasons"]) == (decided.event.verdict.value, list(decided.event.reasons))
    assert detected.meta.stream.endswith(found["signal_id"])
    assert found["ordinal"] == len(api.recorded)
    assert api.counted(source, "recorded") == 1


@pytest.mark.parametrize("source", WAYS)
def test_a_repeated_request_gets_the_first_answer_and_records_nothing(api: Taking, source: str) -> None:
    first = WAYS[source](api, "k1")
    before = len(api.recorded)
    again = WAYS[source](api, "k1")
    assert again.status_code == 200
    assert again.json() == {**first.json(), "repeated": True}
    assert len(api.recorded) == before
    assert api.counted(source, "repeated") == 1


def test_the_key_of_another_signal_is_refused(api: Taking) -> None:
    api.with_token("k1", api.signal())
    before = len(api.recorded)
    other = api.with_token("k1", api.signal(stop="97"))
    assert (other.status_code, faults(other)) == (422, [("BAD_INPUT", None)])
    assert len(api.recorded) == before


def test_one_candle_has_one_signal_of_a_source_that_is_keyed_by_candles(api: Taking) -> None:
    api.with_secret()
    assert api.with_secret(price=101).status_code == 422
    api.asking.desk.at += timedelta(minutes=5)
    assert api.with_secret(price=101).status_code == 202


def test_what_the_settings_add_is_noted_in_the_inputs_of_the_signal(api: Taking) -> None:
    before = len(api.recorded)
    opened = (api.asking.desk.at - timedelta(minutes=5)).isoformat()
    api.with_secret(direction="sell", candle_closed_at=None, candle_opened_at=opened, inputs={"rsi": 71.5})
    event = api.recorded[before].event
    assert isinstance(event, SignalDetected)
    assert (event.stop, event.target) == (D(102), D(94))
    assert (event.confidence, event.trend, event.interval_seconds) == (0.7, 0.5, 300)
    assert event.candle_closed_at == api.asking.desk.at
    assert event.inputs == {
        "rsi": 71.5,
        "default.stop": 0.02,
        "default.target": 0.06,
        "default.confidence": 0.7,
        "default.trend": 0.5,
        "default.interval": 300.0,
    }


def test_prices_keep_every_digit_of_the_body(api: Taking) -> None:
    before = len(api.recorded)
    body = json.dumps(api.signal(stop="98.10", target=None)).replace(
        "}", ', "target": 106.00000000000000000001}'
    )
    assert api.with_token("k1", body.encode()).status_code == 202
    event = api.recorded[before].event
    assert isinstance(event, SignalDetected)
    assert (str(event.stop), str(event.target)) == ("98.10", "106.00000000000000000001")


MISSING = (
    "instrument",
    "direction",
    "price",
    "candle_closed_at",
    "interval",
    "stop",
    "target",
    "confidence",
    "trend",
)


@pytest.mark.parametrize("name", MISSING)
def test_a_field_that_is_neither_in_the_body_nor_in_the_settings_is_refused_by_name(
    shared: Taking, name: str
) -> None:
    answer = shared.with_token("k1", shared.signal(**{name: None}))
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", name)])


WRONG: Mapping[str, tuple[Mapping[str, object], str]] = {
    "unknown field": ({"stap": 1}, "stap"),
    "secret of another kind of source": ({"secret": BODY_SECRET}, "secret"),
    "no direction": ({"direction": "up"}, "direction"),
    "direction a number": ({"direction": 1}, "direction"),
    "intent": ({"intent": "HOLD"}, "intent"),
    "price below zero": ({"price": -1}, "price"),
    "price zero": ({"price": "0"}, "price"),
    "price in words": ({"price": "{{close}}"}, "price"),
    "price a flag": ({"price": True}, "price"),
    "price in other digits": ({"price": "\u0661\u0662"}, "price"),
    "price with an underscore": ({"price": "1_000"}, "price"),
    "price of 101 digits": ({"price": "9" * 102}, "price"),
    "stop an object": ({"stop": {}}, "stop"),
    "confidence above one": ({"confidence": 1.1}, "confidence"),
    "trend below minus one": ({"trend": -2}, "trend"),
    "time without a zone": ({"candle_closed_at": "2026-03-02T14:00:00"}, "candle_closed_at"),
    "time as a number": ({"candle_closed_at": 1790000000}, "candle_closed_at"),
    "time beyond the calendar": ({"candle_closed_at": "0001-01-01T00:00:00+14:00"}, "candle_closed_at"),
    "two times": ({"candle_opened_at": "2026-03-02T14:00:00Z"}, "candle_closed_at"),
    "interval of a month": ({"interval": "1M"}, "interval"),
    "interval that does not divide a day": ({"interval": "7m"}, "interval"),
    "interval of zero": ({"interval": 0}, "interval"),
    "inputs a list": ({"inputs": [1]}, "inputs"),
    "input in words": ({"inputs": {"rsi": "high"}}, "inputs.rsi"),
    "input infinite": ({"inputs": {"rsi": "1e999"}}, "inputs.rsi"),
    "input that is for the settings": ({"inputs": {"default.stop": 1}}, "inputs"),
    "too many inputs": ({"inputs": {str(n): n for n in range(91)}}, "inputs"),
    "instrument": ({"instrument": "BTCUSDT.P"}, "instrument"),
    "key with a blank": ({"idempotency_key": "a b"}, "idempotency_key"),
    "key that differs from the header": ({"idempotency_key": "k2"}, "idempotency_key"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_malformed_field_is_refused_by_name(shared: Taking, name: str) -> None:
    changed, field = WRONG[name]
    before = len(shared.recorded)
    answer = shared.with_token("k1", shared.signal(**changed))
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", field)]), answer.text
    assert len(shared.recorded) == before


ALLOWED: Mapping[str, tuple[Mapping[str, object], str]] = {
    "confidence above one": ({"confidence": 1.5}, "confidence: must be in 0 … 1, not 1.5"),
    "trend below minus one": ({"trend": -2}, "trend: must be in -1 … 1, not -2"),
    "price of zero": ({"price": 0}, "price: must be above 0, not 0"),
    "price in words": ({"price": "close"}, "price: must be a number in the digits 0 to 9, not 'close'"),
    "direction": ({"direction": "up"}, "direction: must be one of: LONG, SHORT, buy, sell, not 'up'"),
    "intent": ({"intent": "hold"}, "intent: must be one of ENTER, EXIT, not 'HOLD'"),
    "interval": ({"interval": "7m"}, ", not '7m'"),
    "key": ({"idempotency_key": "a b"}, "must be 1 to 64 letters, digits, - and _, not 'a b'"),
    "a text as long as a secret": ({"direction": "x" * 16}, "one of: LONG, SHORT, buy, sell"),
    "inputs": ({"inputs": [1]}, "inputs: not an object; write it like"),
    "too many inputs": ({"inputs": {str(n): n for n in range(91)}}, "must have at most 90 entries"),
    "missing": ({"instrument": None}, "instrument: missing"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_refused_value_is_named_with_what_is_allowed(shared: Taking, name: str) -> None:
    changed, words = ALLOWED[name]
    (fault,) = shared.with_token("k1", shared.signal(**changed)).json()["errors"]
    assert fault["message"].endswith(words) or words in fault["message"]
    assert "Input" not in fault["message"]
    assert "x" * 16 not in fault["message"]


def test_every_fault_of_a_body_is_in_one_answer(shared: Taking) -> None:
    answer = shared.with_token("k1", shared.signal(price="x", direction="up", more=1))
    assert faults(answer) == [("BAD_INPUT", "direction"), ("BAD_INPUT", "price"), ("BAD_INPUT", "more")]


UNREADABLE: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "is not JSON"),
    "words": (b"BTCUSDT buy now", "is not JSON"),
    "a list": (b"[]", "is not a JSON object"),
    "no UTF-8": (b'{"a": "\xff"}', "is not UTF-8"),
    "a name twice": (b'{"price": 1, "price": 2}', "stands twice"),
    "NaN": (b'{"price": NaN}', "is no JSON number"),
    "too many digits": (b'{"price": 1.' + b"1" * 200 + b"}", "more than 100 digits"),
    "a huge exponent": (b'{"price": 1e400000000}', "more than 100 digits or places"),
    "deep": (b'{"a":' * 5_00 + b"1" + b"}" * 5_00, "nested too deeply"),
    "half a pair": (b'{"instrument": "\\ud800"}', "cannot be stored"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(shared: Taking, name: str) -> None:
    body, words = UNREADABLE[name]
    answer = shared.with_token("k1", body)
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", None)])
    assert words in answer.text


def test_a_body_that_is_too_long_or_of_another_type_is_refused(shared: Taking) -> None:
    long = shared.with_token("k1", b" " * (BODY_BYTES + 1))
    assert (long.status_code, faults(long)) == (413, [("BAD_INPUT", None)])
    form = shared.with_token("k1", b"a=1", content_type="application/x-www-form-urlencoded")
    assert (form.status_code, faults(form)) == (415, [("BAD_INPUT", "content-type")])
    assert shared.client.get("/signals").status_code == 405


STRAY: Mapping[str, Mapping[str, object]] = {
    "as a name": {BODY_SECRET: 1},
    "within the name of an input": {"inputs": {f"by-{BODY_SECRET}": 1}},
    "as a value": {"instrument": BODY_SECRET},
    "deep": {"inputs": {"a": [{"b": f"{BODY_SECRET}!"}]}},
}


@pytest.mark.parametrize("place", STRAY)
def test_a_secret_outside_of_its_field_is_refused_and_not_repeated(api: Taking, place: str) -> None:
    before = len(api.recorded)
    answer = api.with_secret(**STRAY[place])
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", None)])
    assert "outside of the field 'secret'" in answer.text
    assert BODY_SECRET not in answer.text
    assert len(api.recorded) == before


@pytest.mark.parametrize("price", ["1e61", "1e99", "1e-61", "1e-90"])
def test_a_price_that_no_event_can_hold_is_malformed(shared: Taking, price: str) -> None:
    answer = shared.with_token("k1", shared.signal(price=price))
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", "price")])
    assert "Decimal" not in answer.text


@pytest.mark.parametrize("name", ["", " ", "x" * 501, "a\nb", "a\u202eb"])
def test_the_name_of_an_input_that_cannot_be_recorded_is_a_fault_of_the_inputs(
    shared: Taking, name: str
) -> None:
    answer = shared.with_token("k1", shared.signal(inputs={name: 1}))
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", "inputs")])


def refused_before_it_is_read(shared: Taking) -> Mapping[str, tuple[int, httpx2.Response]]:
    """By what is wrong: the status, and the answer."""
    client = shared.client
    return {
        "a wrong host": (400, shared.post(b"{}", host="evil.example.com")),
        "a body beyond the limit of the API": (413, shared.post(b" " * 2_000_000)),
        "another method": (405, client.get("/signals")),
        "an address of nothing": (404, client.post("/signal")),
        "a slash at the end": (404, client.post("/signals/", json=shared.signal())),
        "a slash at the end of another address": (404, client.post("/graphql/", json={"query": "{ me }"})),
    }


def test_what_is_refused_before_it_is_read_has_the_shape_of_errors_of_graphql(shared: Taking) -> None:
    for wrong, (status, answer) in refused_before_it_is_read(shared).items():
        assert answer.status_code == status, wrong
        assert [one["extensions"]["code"] for one in answer.json()["errors"]] == ["BAD_INPUT"], wrong
        assert answer.json()["errors"][0]["message"], wrong


def test_an_address_with_a_slash_at_the_end_is_refused_with_the_remedy_and_not_redirected(
    shared: Taking,
) -> None:
    answer = shared.client.post("/signals/", json=shared.signal(), follow_redirects=False)
    assert "location" not in answer.headers
    assert answer.json()["errors"][0]["message"] == (
        "Not Found; no address of this API ends with a slash: leave it out"
    )


def test_a_signal_without_a_key_is_refused(shared: Taking) -> None:
    answer = shared.post(shared.signal(), authorization=f"Bearer {TOKEN}")
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", "idempotency_key")])


def test_a_key_is_refused_where_candles_make_the_keys(shared: Taking) -> None:
    answer = shared.with_secret(idempotency_key="mine")
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", "idempotency_key")])


def test_a_source_may_raise_signals_on_its_own_instruments_only(shared: Taking) -> None:
    answer = shared.with_secret(instrument=ETH)
    assert (answer.status_code, faults(answer)) == (403, [("FORBIDDEN", "instrument")])


def test_a_signal_that_the_engine_refuses_is_answered_with_its_reason(shared: Taking) -> None:
    answer = shared.with_token("k1", shared.signal(instrument="XRPUSDT-LINEAR.BYBIT"))
    assert (answer.status_code, faults(answer)) == (422, [("REFUSED", None)])
    assert shared.counted("bot", "refused") == 1


# Credentials


def _tampered(api: Taking) -> httpx2.Response:
    """A signed request whose body was changed on its way."""
    captured = api.signed("k1", api.signal()).request
    named = {name: captured.headers[name] for name in captured.headers if name.startswith("webhook")}
    return api.client.post("/signals", content=captured.content.replace(b'"98"', b'"90"'), headers=named)


FORGED: Mapping[str, Callable[[Taking], httpx2.Response]] = {
    "nothing": lambda api: api.post(api.signal()),
    "an unknown token": lambda api: api.with_token("k1", api.signal(), "guess"),
    "another scheme": lambda api: api.post(api.signal(), authorization="Basic Ym90OmJvdA=="),
    "another signature": lambda api: api.signed("k1", api.signal(), webhook_signature="v1,AAAA"),
    "no signature": lambda api: api.signed("k1", api.signal(), webhook_signature=""),
    "a signature of another version": lambda api: api.signed("k1", api.signal(), webhook_signature="v2,AAAA"),
    "a signature for another key": lambda api: api.signed("k1", api.signal(), webhook_id="k2"),
    "a signature for another time": lambda api: api.signed(
        "k1", api.signal(), webhook_timestamp=str(CLOCK + 1)
    ),
    "a signature that is too old": lambda api: api.signed("k1", api.signal(), at=CLOCK - 61),
    "a signature from the future": lambda api: api.signed("k1", api.signal(), at=CLOCK + 61),
    "another secret": lambda api: api.with_secret("a-secret-of-tradingviex"),
    "a prefix of the secret": lambda api: api.with_secret(BODY_SECRET[:-1]),
    "an empty secret": lambda api: api.with_secret(""),
    "no secret": lambda api: api.with_secret(None),
    "a secret that is no text": lambda api: api.with_secret(["a-secret-of-tradingview"]),
    "the key of another source as secret": lambda api: api.with_secret("signing-key-of-the-scanner"),
    "words": lambda api: api.post(b"BTCUSDT buy", content_type="text/plain"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_request_without_a_valid_credential_is_refused_and_records_nothing(api: Taking, name: str) -> None:
    before = len(api.recorded)
    answer = FORGED[name](api)
    assert (answer.status_code, faults(answer)) == (401, [("UNAUTHENTICATED", None)]), answer.text
    assert len(api.recorded) == before
    assert api.counted("unknown", "unauthenticated") == 1


def test_a_signed_body_that_was_changed_is_refused(api: Taking) -> None:
    assert _tampered(api).status_code == 401


@pytest.mark.parametrize("header", ["webhook_id", "webhook_timestamp"])
def test_a_signature_without_its_other_headers_is_refused_with_their_name(
    shared: Taking, header: str
) -> None:
    without: Mapping[str, Any] = {header: ""}
    answer = shared.signed("k1", shared.signal(), **without)
    assert answer.status_code == 400
    assert header.replace("_", "-") in answer.text


def test_a_captured_request_is_answered_once_and_refused_after_the_replay_window(api: Taking) -> None:
    body, before = api.signal(), len(api.recorded)
    assert api.signed("k1", body).status_code == 202
    recorded = len(api.recorded)
    api.clock[0] = CLOCK + 60
    assert api.signed("k1", body).status_code == 200
    api.clock[0] = CLOCK + 61
    assert api.signed("k1", body).status_code == 401
    assert len(api.recorded) == recorded > before


def test_a_captured_request_cannot_be_sent_again_with_another_key_in_an_unsigned_header(api: Taking) -> None:
    api.signed("k1", api.signal())
    answer = api.signed("k1", api.signal(), idempotency_key="k2")
    assert (answer.status_code, faults(answer)) == (400, [("BAD_INPUT", "idempotency-key")])


def test_the_replay_window_is_a_setting(serve: Serve) -> None:
    with serve(settings(replay_seconds=600)) as api:
        assert api.signed("k1", api.signal(), at=CLOCK - 600).status_code == 202


def test_a_sender_that_changes_its_secret_may_sign_with_both(api: Taking) -> None:
    body = json.dumps(api.signal()).encode()
    valid = api.signed("k0", body).request.headers["webhook-signature"]
    assert api.signed("k0", body, webhook_signature=f"v1,AAAA {valid}").status_code == 200


@pytest.mark.parametrize("token", [TRADERS_TOKEN, STRANGE_TOKEN])
def test_a_token_of_a_person_or_of_an_unknown_source_is_refused(shared: Taking, token: str) -> None:
    answer = shared.with_token("k1", shared.signal(), token)
    assert (answer.status_code, faults(answer)) == (403, [("FORBIDDEN", None)])


def test_a_token_of_a_source_may_do_nothing_else(shared: Taking) -> None:
    named = {"authorization": f"Bearer {TOKEN}"}
    for query in ("{ me }", "mutation { place }", "mutation { reset }"):
        answer = shared.client.post("/graphql", json={"query": query}, headers=named)
        assert answer.status_code == 403, query
    assert shared.client.get("/metrics", headers=named).status_code == 403
    base = str(shared.client.base_url)
    with pytest.raises(ConnectionClosed), conversation(base, named) as socket:  # noqa: PT012
        socket.say("connection_init")
        socket.hear()


def test_the_engine_itself_refuses_every_other_request_of_the_role_of_a_source() -> None:
    from tests.adapters.command_topic.test_wire import REQUESTS
    from tests.commands.requests.asking import Asking

    refused = {
        type(one).__name__
        for one in REQUESTS
        if getattr(Asking().ask(one, role=Role.SOURCE), "code", "") == "NotAllowed"
    }
    assert refused == {type(one).__name__ for one in REQUESTS} - {"RaiseSignal"}


def test_too_many_wrong_credentials_of_one_peer_are_answered_429_and_a_valid_one_is_not(api: Taking) -> None:
    answers = [api.with_secret("guess-guess-guess").status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]
    assert api.with_secret().status_code == 202


def test_a_source_beyond_its_rate_is_told_when_to_try_again(serve: Serve) -> None:
    [bot, *others] = SETTINGS["sources"]
    with serve(settings(sources=[{**bot, "rate": "2/minute"}, *others])) as api:
        assert [api.with_token("k1", api.signal()).status_code for _ in range(3)] == [202, 200, 429]
        limited = api.with_token("k1", api.signal())
        assert faults(limited) == [("RATE_LIMITED", None)]
        assert 1 <= int(limited.headers["retry-after"]) <= 60
        assert api.signed("k2", api.signal(stop="97")).status_code == 202
        assert api.counted("bot", "limited") == 2


def _addressed(*addresses: str, proxies: tuple[str, ...] = ()) -> Any:
    [bot, *others] = SETTINGS["sources"]
    return settings(sources=[{**bot, "addresses": list(addresses)}, *others], proxies=list(proxies))


def test_a_source_may_send_from_its_own_addresses_only(serve: Serve) -> None:
    with serve(_addressed("127.0.0.0/8")) as api:
        assert api.with_token("k1", api.signal()).status_code == 202
    with serve(_addressed("52.89.214.238")) as api:
        answer = api.with_token("k1", api.signal(), x_forwarded_for="52.89.214.238")
        assert (answer.status_code, faults(answer)) == (403, [("FORBIDDEN", None)])


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("52.89.214.238", 202),
        ("198.51.100.7, 52.89.214.238", 202),
        ("52.89.214.238, 198.51.100.7", 403),
        ("52.89.214.238, 127.0.0.1", 202),
        ("unknown", 403),
    ],
)
def test_behind_an_own_proxy_the_last_foreign_address_counts(
    serve: Serve, forwarded: str, status: int
) -> None:
    with serve(_addressed("52.89.214.238", proxies=("127.0.0.1",))) as api:
        assert api.with_token("k1", api.signal(), x_forwarded_for=forwarded).status_code == status


# The engine


class Absent:
    """A door behind which nobody answers in time."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        return TimedOut(requested.id, "nothing was done and nothing was recorded")


class Closed:
    """A door of a process that may only read."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        raise LogOwned("process 7 owns this log")


class WithoutMarket:
    """A door of an engine that has just started."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        return Declined(requested.id, "RefusedForNow", "no price of it is known yet")


@pytest.mark.parametrize(
    ("door", "code"),
    [(Absent(), "UNAVAILABLE"), (Closed(), "LOG_OWNED"), (WithoutMarket(), "UNAVAILABLE")],
)
def test_a_signal_that_no_engine_takes_may_be_sent_again(api: Taking, door: Any, code: str) -> None:
    api.doors.append(door)
    answer = api.with_token("k1", api.signal())
    assert (answer.status_code, faults(answer)) == (503, [(code, None)])
    assert answer.headers["retry-after"] == "5"
    api.doors.pop()
    assert api.with_token("k1", api.signal()).status_code == 202


def test_no_secret_is_in_a_log_line_an_event_a_metric_or_an_answer(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(settings()) as api:
        answers = [send(api, "k1") for send in WAYS.values()]
        answers += [FORGED[name](api) for name in FORGED]
        answers += [
            api.with_secret(direction="up"),
            api.with_secret(more=BODY_SECRET),
            api.with_secret(**{BODY_SECRET: 1}),
            api.with_secret(inputs={f"a-{BODY_SECRET}": 1}),
            api.with_secret(inputs={"a": [BODY_SECRET]}),
            api.post(f'{{"secret": "{BODY_SECRET}", "{BODY_SECRET}": 1, "{BODY_SECRET}": 2}}'.encode()),
            api.with_token("k1", api.signal(secret=BODY_SECRET)),
            api.post(f'{{"secret": "{BODY_SECRET}"'.encode(), content_type="text/plain"),
            api.post({"secret": BODY_SECRET}, authorization=f"Bearer {TRADERS_TOKEN}"),
        ]
        metrics = api.client.get("/metrics").text
        events = b"".join(AvroCodec().encode(one) for one in api.recorded)
    logged = [str(vars(one)) for one in caplog.records if not one.name.startswith("http")]  # not the client's
    shown = "\n".join([*logged, metrics, repr(settings()), *(f"{one.headers} {one.text}" for one in answers)])
    assert "source:tradingview" in shown
    for secret in SECRETS:
        assert secret not in shown
        assert secret.encode() not in events
