"""The API on a real server (uvicorn): which requests are admitted, and how other requests are refused."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from adapters.http.app import build_app
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.http.health import Health
from adapters.http.metrics import metrics_route
from adapters.http.options import HttpOptions
from adapters.metrics.api import ApiMetrics
from adapters.metrics.catalogue import RESPONSES, WEBSOCKETS, Kind, Metric
from adapters.metrics.registry import new_registry
from adapters.tokens.bearers import Bearers
from adapters.tokens.book import TokenBook
from adapters.tokens.token import Token
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from tests.adapters.graphql.schema import SECRET, Context, schema
from tests.adapters.http.conversation import conversation
from tests.served import served

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
DESK = "https://desk.example.com"
ELSEWHERE = {"host": "api.example.com"}
"""An allowed host name that does not belong to this machine, so that its callers need a token."""


async def breaks(_: Request) -> Response:
    raise RuntimeError(SECRET)


@dataclass
class Api:
    """A running API, a client of it, its metrics and its tokens."""

    base: str
    client: httpx2.Client
    registry: CollectorRegistry
    book: TokenBook
    tokens: Mapping[str, str]

    def ask(self, query: str, token: str | None = None, **headers: str) -> httpx2.Response:
        if token is not None:
            headers["authorization"] = f"Bearer {self.tokens.get(token, token)}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/graphql", json={"query": query}, headers=named)


def code(answer: httpx2.Response) -> object:
    (error,) = answer.json()["errors"]
    return error["extensions"]["code"]


def application(
    engine: Engine, options: HttpOptions, registry: CollectorRegistry, checks: Mapping[str, Any]
) -> Any:
    metrics = ApiMetrics(registry)
    gate = Gate(Bearers(TokenBook(engine)), options.rate, metrics)
    endpoint = Endpoint(schema(timing=metrics), Context, gate, metrics)
    more = [Route("/breaks", breaks)]
    return build_app(endpoint, gate, options, Health(checks), more, metrics_route(registry))


def sample(registry: CollectorRegistry, metric: Metric, **labels: str) -> float:
    """The value of a metric; for a histogram the number of its observations."""
    name = f"{metric.name}_count" if metric.kind is Kind.HISTOGRAM else metric.name
    return registry.get_sample_value(name, labels) or 0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path_factory.mktemp('store') / 'read.db'}"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tokens(engine: Engine) -> Mapping[str, str]:
    book = TokenBook(engine)
    return {
        role.word: book.issue(f"{role.word}-1", role, NOW).spelled for role in Role if role >= Role.VIEWER
    }


@pytest.fixture(scope="module")
def checks() -> dict[str, Any]:
    return {"store": lambda: None, "log": lambda: None}


@pytest.fixture(scope="module")
def api(engine: Engine, tokens: Mapping[str, str], checks: dict[str, Any]) -> Iterator[Api]:
    registry = new_registry()
    options = HttpOptions(("api.example.com",), (DESK,), "100000/minute", 10_000)
    with (
        served(application(engine, options, registry, checks)) as base,
        httpx2.Client(base_url=base) as client,
    ):
        yield Api(base, client, registry, TokenBook(engine), tokens)


def test_a_local_caller_without_a_token_may_read_but_not_change(api: Api) -> None:
    assert api.ask("{ me }").json() == {"data": {"me": "anonymous"}}
    assert code(api.ask("mutation { place }")) == "UNAUTHENTICATED"
    assert code(api.ask("mutation { reset }")) == "UNAUTHENTICATED"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:8000"])
def test_a_request_to_any_name_of_this_machine_is_accepted(api: Api, host: str) -> None:
    assert api.ask("{ me }", host=host).json() == {"data": {"me": "anonymous"}}


def test_a_token_sends_for_the_persons_of_its_own_name_with_its_own_role(api: Api) -> None:
    api.tokens = {**api.tokens, "desk": api.book.issue("desk-trader", Role.TRADER, NOW).spelled}
    placed = api.ask("mutation { place }", "desk", whence_actor="desk:42")
    assert placed.json()["data"] == {"place": "placed by desk:42"}
    assert code(api.ask("mutation { reset }", "desk", whence_actor="desk:42")) == "FORBIDDEN"


@pytest.mark.parametrize("actor", ["trader-1:42", "viewer:42", "source:42"])
def test_a_token_that_sends_for_a_person_of_another_name_is_refused(api: Api, actor: str) -> None:
    assert code(api.ask("{ me }", "viewer", whence_actor=actor)) == "FORBIDDEN"


@pytest.mark.parametrize("actor", ["42", ":42", "viewer-1:", "viewer-1:4 2", f"viewer-1:{'4' * 41}"])
def test_a_header_that_is_no_actor_is_refused(api: Api, actor: str) -> None:
    assert code(api.ask("{ me }", "viewer", whence_actor=actor)) == "BAD_INPUT"


def test_an_actor_without_a_token_is_refused(api: Api) -> None:
    assert code(api.ask("{ me }", whence_actor="anonymous:42")) == "UNAUTHENTICATED"


def test_a_token_named_source_sends_for_no_source_of_signals(api: Api) -> None:
    api.tokens = {**api.tokens, "source": api.book.issue("source-viewer", Role.VIEWER, NOW).spelled}
    assert code(api.ask("{ me }", "source", whence_actor="source:tv")) == "FORBIDDEN"


def test_a_token_identifies_its_caller_who_may_do_what_the_role_allows(api: Api) -> None:
    assert api.ask("{ me }", "viewer").json()["data"] == {"me": "viewer-1"}
    assert code(api.ask("mutation { place }", "viewer")) == "FORBIDDEN"
    assert api.ask("mutation { place }", "trader").json()["data"] == {"place": "placed by trader-1"}
    assert code(api.ask("mutation { reset }", "trader")) == "FORBIDDEN"
    assert api.ask("mutation { reset }", "admin").json()["data"] == {"reset": "reset"}


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer nonsense",
        pytest.param(f"Bearer {Token.mint().spelled}", id="another store's token"),
        "Basic ZGVzazpo",
        "Bearer",
        "",
    ],
)
def test_an_invalid_token_is_refused_even_from_this_machine(api: Api, authorization: str) -> None:
    answer = api.ask("{ me }", authorization=authorization)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        ELSEWHERE,
        *(
            {name: "203.0.113.9"}
            for name in (
                "x_forwarded_for",
                "x_forwarded_proto",
                "x_forwarded_host",
                "x_forwarded_port",
                "forwarded",
                "via",
                "x_real_ip",
                "x_client_ip",
                "cf_connecting_ip",
                "cf_ray",
                "true_client_ip",
                "fastly_client_ip",
                "x_cluster_client_ip",
                "x_original_forwarded_for",
                "x_envoy_external_address",
                "x_amzn_trace_id",
                "x_arr_ssl",
                "fly_client_ip",
                "x_azure_clientip",
                "tailscale_user_login",
                "x_scheme",
                "cdn_loop",
                "proxy_connection",
                "x_remote_addr",
                "x_host",
                "x_unheard_of",
            )
        ),
    ],
)
def test_a_caller_from_another_machine_needs_a_token(api: Api, headers: dict[str, str]) -> None:
    assert api.ask("{ me }", **headers).status_code == 401
    assert api.ask("{ me }", "viewer", **headers).json()["data"] == {"me": "viewer-1"}


@pytest.mark.parametrize(
    "name", ["traceparent", "if_none_match", "sec_fetch_site", "x_prometheus_scrape_timeout_seconds"]
)
def test_a_program_on_this_machine_with_a_header_of_its_own_reads_without_a_token(
    api: Api, name: str
) -> None:
    assert api.ask("{ me }", **{name: "1"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com", ""]
)
def test_an_unknown_host_name_is_refused_even_with_a_token(api: Api, host: str) -> None:
    assert api.ask("{ me }", "admin", host=host).status_code == 400
    assert api.client.get("/healthz", headers={"host": host}).status_code == 400


AMBIGUOUS = {
    "two hosts": ("/graphql", "host: 127.0.0.1\r\nhost: evil.example.com"),
    "two equal hosts": ("/graphql", "host: 127.0.0.1\r\nHost: 127.0.0.1"),
    "two tokens": (
        "/graphql",
        "host: 127.0.0.1\r\nauthorization: Bearer {viewer}\r\nauthorization: Bearer {admin}",
    ),
    "two origins": ("/graphql", "host: 127.0.0.1\r\norigin: {base}\r\norigin: https://evil.example.com"),
    "another host in the address": ("http://evil.example.com/graphql", "host: 127.0.0.1"),
    "an unknown host after a name": ("http://127.0.0.1@evil.example.com/graphql", "host: 127.0.0.1"),
    "an address without a host": ("http:///graphql", "host: 127.0.0.1"),
}


@pytest.mark.parametrize(("address", "headers"), AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_request_with_two_hosts_or_two_tokens_is_refused(api: Api, address: str, headers: str) -> None:
    assert sent(api, address, headers.format(base=api.base, **api.tokens)).startswith(b"HTTP/1.1 400 ")
    upgrade = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    upgrade += (
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n"
    )
    found = sent(api, address, upgrade + headers.format(base=api.base, **api.tokens), "GET")
    assert found.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("http://localhost/graphql", 200),
        ("http://[::1]:80/graphql", 200),
        ("http://api.example.com/graphql", 401),
    ],
)
def test_the_host_of_an_absolute_address_counts_instead_of_the_header(
    api: Api, address: str, status: int
) -> None:
    assert sent(api, address, "host: 127.0.0.1").startswith(b"HTTP/1.1 %d " % status)


def sent(api: Api, address: str, headers: str, method: str = "POST") -> bytes:
    """The status line of the response to a request with exactly this address and these headers."""
    body = '{"query": "{ me }"}' if method == "POST" else ""
    more = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body else ""
    url = httpx2.URL(api.base)
    with socket.create_connection((url.host, url.port or 80), 10) as one:
        one.sendall(f"{method} {address} HTTP/1.1\r\n{more}{headers}\r\n\r\n{body}".encode())
        return one.makefile("rb").readline()


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "http://127.0.0.1:1", "https://desk.example.com.evil"]
)
def test_a_page_of_a_foreign_origin_is_refused(api: Api, origin: str) -> None:
    answer = api.ask("{ me }", "admin", origin=origin)
    assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")
    assert "access-control-allow-origin" not in answer.headers
    with pytest.raises(InvalidStatus) as refused, conversation(api.base, {"origin": origin}):
        pass
    assert refused.value.response.status_code == 403


def test_a_page_of_the_apis_own_origin_or_of_a_configured_origin_is_admitted(api: Api) -> None:
    assert api.ask("{ me }", origin=api.base).status_code == 200
    answer = api.ask("{ me }", origin=DESK)
    assert answer.headers["access-control-allow-origin"] == DESK
    assert "access-control-allow-credentials" not in answer.headers


def test_a_preflight_request_is_accepted_only_for_a_configured_origin(api: Api) -> None:
    preflight = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    assert api.client.options("/graphql", headers={"origin": DESK, **preflight}).status_code == 200
    refused = api.client.options("/graphql", headers={"origin": "https://evil.example.com", **preflight})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_with_another_content_type_than_json_is_refused(api: Api, kind: str) -> None:
    answer = api.client.post(
        "/graphql", content='{"query": "mutation { place }"}', headers={"content-type": kind}
    )
    assert answer.status_code == 400


NO_JSON = {
    "bytes that are not text": b'{"query":"\xff"}',
    "endless nesting": b"[" * 9_000,
    "endless digits": b'{"query":"{ hello }","variables":{"n":' + b"9" * 5_000 + b"}}",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_a_body_that_is_not_json_is_refused_as_bad_input(api: Api, body: bytes) -> None:
    answer = api.client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, code(answer)) == (400, "BAD_INPUT")
    assert answer.json()["errors"][0]["message"] == "Unable to parse request body as JSON"


def test_an_unknown_operation_name_is_refused_as_bad_input(api: Api) -> None:
    answer = api.client.post("/graphql", json={"query": "query One { me }", "operationName": "Other"})
    assert (answer.status_code, code(answer)) == (400, "BAD_INPUT")
    assert "Other" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("message", ["[]", "5", "[" * 9_000, "9" * 5_000])
def test_a_websocket_with_an_invalid_message_is_closed(api: Api, message: str) -> None:
    with conversation(api.base) as talk:
        talk.send(message)
        assert talk.ended()[0] == 4400


def test_a_get_request_with_a_query_in_its_address_is_refused(api: Api) -> None:
    assert api.client.get("/graphql", params={"query": "{ me }"}).status_code == 400


@pytest.mark.parametrize("where", ["/graphql", "/healthz", "/metrics"])
@pytest.mark.parametrize("query", ["token={token}", "Access_Token=x", "x={token}", "authorization=Bearer"])
def test_a_token_in_an_address_is_refused_and_never_logged(
    api: Api, where: str, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = api.tokens["admin"]
    with caplog.at_level(logging.DEBUG):
        answer = api.client.get(f"{where}?{query.format(token=token)}")
    assert (answer.status_code, code(answer)) == (400, "BAD_INPUT")
    ours = [record for record in caplog.records if record.name.startswith(("adapters", "uvicorn"))]
    assert ours
    assert all(token not in record.getMessage() + str(record.__dict__) for record in ours)


def test_a_token_in_the_address_of_a_websocket_is_refused(api: Api) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        conversation(api.base, query=f"?token={api.tokens['admin']}"),
    ):
        pass
    assert refused.value.response.status_code == 400


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_maximum_size_is_refused(api: Api, chunked: bool) -> None:
    body = b'{"query": "{ me }", "x": "' + b"x" * 20_000 + b'"}'
    content: Any = iter([body[:100], body[100:]]) if chunked else body
    answer = api.client.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_request_above_the_time_limit_is_ended(engine: Engine) -> None:
    hasty = application(engine, HttpOptions(patience=0.2), new_registry(), {})
    with served(hasty) as base, httpx2.Client(base_url=base) as client:
        answer = client.post("/graphql", json={"query": "{ slow(seconds: 30) }"})
    assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
    assert "retry-after" in answer.headers


def test_an_internal_error_is_logged_and_not_shown_to_the_client(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    answer = api.client.get("/breaks", headers={"connection": "close"})
    incident = answer.json()["errors"][0]["message"].rpartition("incident ")[2].rstrip(")")
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert SECRET not in answer.text
    (record,) = [record for record in caplog.records if incident in record.getMessage()]
    assert SECRET in str(record.exc_info)


def test_a_response_has_security_headers_and_the_request_id_and_is_logged_with_its_caller(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = api.ask("{ me }", "viewer")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 16
    (line,) = [record for record in caplog.records if record.name == "adapters.http.access"]
    assert line.getMessage() == "POST /graphql 200"
    assert line.__dict__["caller"] == "viewer-1"
    assert api.ask("{ me }", x_request_id="from-a-proxy-1").headers["x-request-id"] == "from-a-proxy-1"
    assert api.ask("{ me }", x_request_id="<script>").headers["x-request-id"] != "<script>"


@pytest.mark.parametrize(
    ("query", "level"),
    [
        ("{ me }", "DEBUG"),
        ('{ fails(how: "INTERNAL") }', "INFO"),
        ("{ unknown }", "INFO"),
        ("mutation { place }", "INFO"),
    ],
)
def test_only_a_query_without_an_error_is_logged_at_debug(
    api: Api, query: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        api.ask(query, "trader")
    (line,) = [record for record in caplog.records if record.name == "adapters.http.access"]
    assert line.levelname == level


def test_control_characters_in_a_path_are_logged_percent_encoded(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        api.client.get("/%1b%5B2J%0Aforged")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "adapters.http.access"]
    assert line == "GET /%1b%5B2J%0Aforged 404"


def test_metrics_require_a_caller(api: Api) -> None:
    assert "whence_api_response_seconds" in api.client.get("/metrics").text
    assert api.client.get("/metrics", headers=ELSEWHERE).status_code == 401
    token = {"authorization": f"Bearer {api.tokens['viewer']}"}
    assert api.client.get("/metrics", headers=ELSEWHERE | token).status_code == 200


def test_readiness_reports_the_failed_check(api: Api, checks: dict[str, Any]) -> None:
    assert api.client.get("/healthz").json() == {"alive": True}
    assert api.client.get("/readyz").json() == {"ready": True, "checks": {"store": "ok", "log": "ok"}}
    checks["log"] = lambda: "42,000 events behind"
    answer = api.client.get("/readyz")
    checks["log"] = lambda: None
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"store": "ok", "log": "42,000 events behind"}}


@pytest.mark.parametrize(
    ("query", "operation", "status"),
    [
        ("{ me }", "query", "ok"),
        ("mutation { place }", "mutation", "refused"),
        ('{ fails(how: "INTERNAL") }', "query", "failed"),
        ("{", "unknown", "refused"),
    ],
)
def test_a_response_is_timed_by_operation_and_status(
    api: Api, query: str, operation: str, status: str
) -> None:
    before = sample(api.registry, RESPONSES, operation=operation, status=status)
    api.ask(query)
    assert sample(api.registry, RESPONSES, operation=operation, status=status) == before + 1


def test_a_websocket_runs_a_subscription_and_then_a_query(api: Api) -> None:
    with conversation(api.base) as talk:
        talk.begin()
        talk.ask("subscription { ticks(upto: 2) }")
        heard = [talk.hear() for _ in range(3)]
        assert [one["payload"]["data"] for one in heard[:2]] == [{"ticks": 0}, {"ticks": 1}]
        assert heard[2] == {"id": "1", "type": "complete"}
        assert sample(api.registry, RESPONSES, operation="subscription", status="ok") == 1
        talk.ask("{ me }", "2")
        assert talk.hear()["payload"]["data"] == {"me": "anonymous"}
        assert sample(api.registry, WEBSOCKETS) == 1


@pytest.mark.parametrize("key", ["authorization", "Authorization"])
def test_a_websocket_is_identified_by_a_token_in_connection_init(api: Api, key: str) -> None:
    with conversation(api.base, ELSEWHERE) as talk:
        talk.begin({key: f"Bearer {api.tokens['trader']}"})
        talk.ask("mutation { place }")
        assert talk.hear()["payload"]["data"] == {"place": "placed by trader-1"}


def test_a_websocket_is_identified_by_a_token_in_its_handshake(api: Api) -> None:
    with conversation(api.base, {"authorization": f"Bearer {api.tokens['viewer']}"}) as talk:
        talk.begin()
        talk.ask("{ me }")
        assert talk.hear()["payload"]["data"] == {"me": "viewer-1"}


def test_a_mutation_over_a_websocket_needs_the_same_role_as_over_http(api: Api) -> None:
    with conversation(api.base) as talk:
        talk.begin()
        talk.ask("mutation { place }")
        (error,) = talk.hear()["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("payload", [{"authorization": "Bearer nonsense"}, {"authorization": 7}, {}])
def test_a_websocket_from_another_machine_without_a_valid_token_is_closed(
    api: Api, payload: dict[str, object]
) -> None:
    with conversation(api.base, ELSEWHERE) as talk:
        talk.say("connection_init", payload=payload)
        assert talk.ended() == (4403, "Forbidden")


def test_a_websocket_with_another_protocol_is_closed(api: Api) -> None:
    with conversation(api.base, protocol="graphql-ws") as talk:
        assert talk.ended() == (4406, "Subprotocol not acceptable")


def test_an_internal_error_of_a_subscription_is_masked(api: Api) -> None:
    with conversation(api.base) as talk:
        talk.begin()
        talk.ask("subscription { breaks }")
        talk.hear()
        message = talk.hear()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert SECRET not in str(message)


def test_a_websocket_is_closed_within_seconds_after_its_token_is_revoked(api: Api) -> None:
    token = api.book.issue("leaver", Role.TRADER, NOW).spelled
    with conversation(api.base) as talk:
        talk.begin({"authorization": f"Bearer {token}"})
        talk.ask("subscription { ticks(upto: 0) }")
        api.book.revoke("leaver", NOW)
        began = time.monotonic()
        assert talk.ended() == (4403, "this token is not in force")
        assert time.monotonic() - began < 8
    assert api.ask("{ me }", token).status_code == 401


def test_a_request_above_the_rate_is_refused_with_the_time_to_wait(
    engine: Engine, tokens: Mapping[str, str]
) -> None:
    registry = new_registry()
    options = HttpOptions(rate="3/minute")
    with served(application(engine, options, registry, {})) as base, httpx2.Client(base_url=base) as client:
        limited = Api(base, client, registry, TokenBook(engine), tokens)
        assert [limited.ask("{ me }", "viewer").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = limited.ask("{ me }", "viewer")
        assert (code(answer), 1 <= int(answer.headers["retry-after"]) <= 60) == ("RATE_LIMITED", True)
        assert limited.ask("{ me }", "trader").status_code == 200
        assert limited.ask("{ me }").status_code == 200
        assert sample(registry, RESPONSES, operation="unknown", status="refused") == 2
        assert client.get("/healthz").status_code == 200
        with conversation(base, {"authorization": f"Bearer {tokens['admin']}"}) as talk:
            talk.begin()
            talk.ask("{ me }", "1")
            talk.ask("{ me }", "2")
            talk.ask("{ me }", "3")
            heard = [talk.hear() for _ in range(5)]
        (refused,) = [one for one in heard if one["type"] == "error"]
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


def test_a_peer_with_many_invalid_tokens_is_slowed_down_and_a_valid_token_always_passes(
    engine: Engine, tokens: Mapping[str, str]
) -> None:
    registry = new_registry()
    with (
        served(application(engine, HttpOptions(), registry, {})) as base,
        httpx2.Client(base_url=base) as client,
    ):
        trying = Api(base, client, registry, TokenBook(engine), tokens)
        assert [_invalid(trying) for _ in range(30)] == [401] * 30
        for _ in range(3):
            # The window slides, so a slow test may try one more token every two seconds.
            assert any(_invalid(trying) == 429 for _ in range(100))
            assert trying.ask("{ me }", "admin").json()["data"] == {"me": "admin-1"}
        late = trying.book.issue("late", Role.VIEWER, NOW).spelled
        assert trying.ask("{ me }", late).json()["data"] == {"me": "late"}
        trying.book.revoke("late", NOW)


def _invalid(trying: Api) -> int:
    """The status of a request with a token that does not exist."""
    return trying.ask("{ me }", Token.mint().spelled).status_code


def test_valid_tokens_are_accepted_while_many_invalid_ones_are_tried_at_once(
    engine: Engine, tokens: Mapping[str, str]
) -> None:
    app = application(engine, HttpOptions(rate="100000/minute"), new_registry(), {})
    with served(app) as base, ThreadPoolExecutor(8) as threads:

        def tried(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            answer = httpx2.post(f"{base}/graphql", json={"query": "{ me }"}, headers=headers, timeout=20)
            return answer.status_code

        wrong = [threads.submit(tried, Token.mint().spelled) for _ in range(100)]
        valid = [threads.submit(tried, token) for token in tokens.values() for _ in range(4)]
        assert {one.result() for one in valid} == {200}
        assert {one.result() for one in wrong} == {401, 429}


def test_a_health_check_that_hangs_is_reported_as_no_answer(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.http.health._SECONDS", 0.2)
    released = threading.Event()
    checks = {"log": lambda: None, "store": lambda: released.wait(20) and None}
    with (
        served(application(engine, HttpOptions(), new_registry(), checks)) as base,
        httpx2.Client(base_url=base) as client,
    ):
        response = client.get("/readyz")
        released.set()
    assert response.status_code == 503
    assert response.json()["checks"] == {"log": "ok", "store": "no answer within 0.2 s"}


def test_a_request_with_a_token_is_refused_as_unavailable_while_the_store_does_not_respond(
    tmp_path: Path,
) -> None:
    engine = open_store(WhenceSettings(store="postgresql://desk:hushhush@127.0.0.1:1/whence"))
    registry = new_registry()
    with (
        served(application(engine, HttpOptions(), registry, {})) as base,
        httpx2.Client(base_url=base) as client,
    ):
        away = Api(base, client, registry, TokenBook(engine), {})
        answer = away.ask("{ me }", Token.mint().spelled)
        assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
        assert "127.0.0.1:1" not in answer.text
        assert away.ask("{ me }").status_code == 200
