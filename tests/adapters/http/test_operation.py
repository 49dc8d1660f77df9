"""Invalid GraphQL requests are refused as BAD_INPUT, over HTTP and on websockets alike, and execute nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from adapters.http.options import HttpOptions
from adapters.metrics.registry import new_registry
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from tests.adapters.http.conversation import Conversation, conversation
from tests.adapters.http.test_app import application
from tests.served import served


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else 1


BODIES: Mapping[str, str] = {
    "a number": "1",
    "a text": '"a"',
    "true": "true",
    "null": "null",
    "an empty list": "[]",
    "a batch": '[{"query":"{ me }"},{"query":"{ me }"}]',
    "not a number": '{"query":"{ me }","variables":{"a":NaN}}',
    "a number that is too large": '{"query":"{ me }","variables":{"a":1e400}}',
    "infinity": '{"query":"{ me }","variables":{"a":-Infinity}}',
    "a name twice": '{"query":"{ me }","query":"mutation { place }"}',
    "a name twice in its variables": '{"query":"{ me }","variables":{"a":1,"a":2}}',
    "a number of many digits": '{"query":"{ me }","variables":{"a":' + "9" * 5_000 + "}}",
}
"""Texts that are no request, as a whole."""

OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    "no query": {},
    "an empty query": {"query": ""},
    "no query but variables": {"variables": {}},
    "a query that is a number": {"query": 1},
    "a query that is a list": {"query": ["{ me }"]},
    "variables that are a list": {"query": "{ me }", "variables": [1]},
    "variables that are a text": {"query": "{ me }", "variables": "{}"},
    "variables that are zero": {"query": "{ me }", "variables": 0},
    "an operation name that is a number": {"query": "query A { me }", "operationName": 1},
    "an operation name that is a list": {"query": "query A { me }", "operationName": ["A"]},
    "an empty operation name": {"query": "{ me }", "operationName": ""},
    "an unknown operation name": {"query": "query A { me }", "operationName": "B"},
    "extensions that are a list": {"query": "{ me }", "extensions": [1]},
    "extensions that are true": {"query": "{ me }", "extensions": True},
    "two operations without a name": {"query": "mutation A { place } mutation B { place }"},
    "a query and a mutation without a name": {"query": "query A { me } mutation B { place }"},
    "only a fragment": {"query": "fragment A on Query { me }"},
    "variables nested too deeply": {"query": "{ me }", "variables": nested(100)},
    "a surrogate in a variable": {
        "query": "query($how: String!) { fails(how: $how) }",
        "variables": {"how": "\ud800"},
    },
    "a nul in a variable": {
        "query": "query($how: String!) { fails(how: $how) }",
        "variables": {"how": "a\0"},
    },
    "a nul in the name of a variable": {"query": "{ me }", "variables": {"a\0": 1}},
    "a nul deep in a variable": {"query": "{ me }", "variables": {"a": [{"b": ["\0"]}]}},
    "a nul in an operation name": {"query": "query A { me }", "operationName": "A\0"},
    "a nul in the extensions": {"query": "{ me }", "extensions": {"a": "\0"}},
    "an escaped nul in the document": {"query": '{ fails(how: "a\\u0000") }'},
    "a surrogate in the document": {"query": '{ fails(how: "\ud800") }'},
}
"""Operations that are refused before anything of them is executed."""

DOCUMENTS: Mapping[str, str] = {
    "a syntax error": "subscription {",
    "a long comment": f"# {'x' * 60_000}",
    "an escaped surrogate": '{ fails(how: "\\ud800") }',
    "a raw nul": "{ me \0 }",
    "an unknown field": "{ nothing }",
    "blanks": "  ",
    "a document nested too deeply": "{a" * 900 + "}" * 900,
}
"""Documents that the schema refuses, with the places of their errors."""

FRAMES: Mapping[str, Any] = {
    "a number": 1,
    "a list": [{"type": "ping"}],
    "no type": {"id": "1"},
    "a type that is a number": {"type": 1},
    "a type that is a list": {"type": ["subscribe"]},
    "an unknown type": {"type": "start", "id": "1", "payload": {"query": "{ me }"}},
    "a type of many characters": {"type": "ü" * 300},
    "a subscription without an id": {"type": "subscribe", "payload": {"query": "{ me }"}},
    "an id that is a list": {"type": "subscribe", "id": [1], "payload": {"query": "{ me }"}},
    "an id that is null": {"type": "subscribe", "id": None, "payload": {"query": "{ me }"}},
    "an id that is a number": {"type": "subscribe", "id": 1, "payload": {"query": "{ me }"}},
    "an id that is empty": {"type": "subscribe", "id": "", "payload": {"query": "{ me }"}},
    "an id with a surrogate": {"type": "subscribe", "id": "\ud800", "payload": {"query": "{ me }"}},
    "a completion without an id": {"type": "complete"},
    "a completion of a list": {"type": "complete", "id": [1]},
    "an initialisation with a list": {"type": "connection_init", "payload": []},
}
"""Messages that are none of the protocol, so the websocket is closed with 4400."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path_factory.mktemp('store') / 'read.db'}"))
    migrate(engine)
    with served(application(engine, HttpOptions(rate="100000/minute"), new_registry(), {})) as url:
        yield url
    engine.dispose()


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING):
        yield
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []


def post(base: str, body: str | bytes) -> httpx2.Response:
    return httpx2.post(f"{base}/graphql", content=body, headers={"content-type": "application/json"})


def codes(errors: Any) -> set[str]:
    return {error["extensions"]["code"] for error in errors}


def still_answers(talk: Conversation) -> None:
    """The other operations of the websocket continue."""
    talk.ask("{ me }", "later")
    assert talk.hear()["payload"]["data"] == {"me": "anonymous"}
    assert talk.hear() == {"id": "later", "type": "complete"}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_request_is_refused_as_bad_input(base: str, body: str) -> None:
    answer = post(base, body)
    assert (answer.status_code, codes(answer.json()["errors"])) == (400, {"BAD_INPUT"})


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_invalid_operation_over_http_is_refused_as_bad_input(
    base: str, operation: Mapping[str, Any]
) -> None:
    answer = post(base, json.dumps(operation))
    assert (answer.status_code, codes(answer.json()["errors"])) == (400, {"BAD_INPUT"})
    assert "data" not in answer.json()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_invalid_operation_on_a_websocket_is_answered_with_its_error_and_others_continue(
    base: str, operation: Mapping[str, Any]
) -> None:
    with conversation(base) as talk:
        talk.begin()
        talk.say("subscribe", id="1", payload=operation)
        answer = talk.hear()
        assert (answer["id"], answer["type"], codes(answer["payload"])) == ("1", "error", {"BAD_INPUT"})
        still_answers(talk)


@pytest.mark.parametrize("payload", [None, 1, "a", [], True], ids=str)
def test_a_subscription_whose_payload_is_no_object_is_answered_with_its_error(
    base: str, payload: object
) -> None:
    with conversation(base) as talk:
        talk.begin()
        talk.say("subscribe", id="1", payload=payload)
        answer = talk.hear()
        assert (answer["id"], answer["type"], codes(answer["payload"])) == ("1", "error", {"BAD_INPUT"})
        still_answers(talk)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_both_transports_answer_an_invalid_document_with_the_same_errors(base: str, document: str) -> None:
    found = post(base, json.dumps({"query": document})).json()["errors"]
    with conversation(base) as talk:
        talk.begin()
        talk.say("subscribe", id="1", payload={"query": document})
        answer = talk.hear()
        assert (answer["type"], answer["payload"]) == ("error", found)
        still_answers(talk)
    assert codes(found) == {"BAD_INPUT"}


@pytest.mark.parametrize(
    "document", ["{ trade " + "{ next " * 20 + "{ id }" + "}" * 21, "{ " + "me " * 3_000 + "}"]
)
def test_both_transports_refuse_a_document_above_the_limits(base: str, document: str) -> None:
    found = post(base, json.dumps({"query": document})).json()["errors"]
    with conversation(base) as talk:
        talk.begin()
        talk.ask(document)
        assert codes(talk.hear()["payload"]) == codes(found) == {"TOO_COMPLEX"}


@pytest.mark.parametrize("name", FRAMES)
def test_a_message_that_is_none_of_the_protocol_closes_the_websocket_as_invalid(base: str, name: str) -> None:
    with conversation(base) as talk:
        if "initialisation" not in name:
            talk.begin()
        talk.send(json.dumps(FRAMES[name]))
        assert talk.ended()[0] == 4400


@pytest.mark.parametrize("text", [*BODIES.values(), "{", ""], ids=[*BODIES, "half an object", "nothing"])
def test_a_text_that_is_no_message_closes_the_websocket_as_invalid(base: str, text: str) -> None:
    with conversation(base) as talk:
        talk.begin()
        talk.send(text)
        assert talk.ended()[0] == 4400


def test_a_binary_message_closes_the_websocket_as_invalid(base: str) -> None:
    url = f"{base.replace('http', 'ws')}/graphql"
    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        socket.send(b'{"type":"connection_init"}')
        assert Conversation(socket).ended()[0] == 4400


def test_messages_out_of_order_close_the_websocket_with_the_codes_of_the_protocol(base: str) -> None:
    with conversation(base) as talk:
        talk.ask("{ me }")
        assert talk.ended()[0] == 4401
    with conversation(base) as talk:
        talk.begin()
        talk.say("connection_init")
        assert talk.ended()[0] == 4429
    with conversation(base) as talk:
        talk.begin()
        talk.ask("subscription { ticks(upto: 0) }", "a" * 500)
        talk.ask("{ me }", "a" * 500)
        assert talk.ended()[0] == 4409


def test_a_bad_message_of_one_client_does_not_end_the_subscription_of_another(base: str) -> None:
    with conversation(base) as patient, conversation(base) as other:
        patient.begin()
        patient.ask("subscription { ticks(upto: 0) }")
        other.begin()
        other.send("[]")
        assert other.ended()[0] == 4400
        still_answers(patient)


def test_an_initialisation_without_a_payload_or_with_null_is_accepted(base: str) -> None:
    with conversation(base) as talk:
        talk.send('{"type":"connection_init","payload":null}')
        assert talk.hear() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "mutation { place }"},
        {"query": "{ me }"},
        {"query": "{ me }", "variables": "[1]"},
        {"query": "{ me }", "variables": "nonsense"},
        {"query": "subscription { ticks }"},
        {"variables": "{}"},
    ],
    ids=str,
)
def test_every_operation_in_an_address_is_refused(base: str, parameters: Mapping[str, str]) -> None:
    answer = httpx2.get(f"{base}/graphql", params=dict(parameters), headers={"accept": "application/json"})
    assert (answer.status_code, codes(answer.json()["errors"])) == (400, {"BAD_INPUT"})


def test_a_subscription_over_http_is_refused(base: str) -> None:
    answer = post(base, json.dumps({"query": "subscription { ticks }"}))
    assert (answer.status_code, codes(answer.json()["errors"])) == (400, {"BAD_INPUT"})


def test_the_named_one_of_two_operations_is_executed(base: str) -> None:
    document = "query A { me } query B { trade { id } }"
    answer = post(base, json.dumps({"query": document, "operationName": "B"}))
    assert answer.json() == {"data": {"trade": {"id": 1}}}


@pytest.mark.parametrize(
    "kind", ["application/json; charset=nonsense", "application/json; a*=b; a*0*=c", "application/json;;;"]
)
def test_an_unusual_content_type_of_json_does_not_fail(base: str, kind: str) -> None:
    answer = httpx2.post(f"{base}/graphql", content='{"query":"{ me }"}', headers={"content-type": kind})
    assert answer.status_code in (200, 400)
