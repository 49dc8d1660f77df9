"""A server that takes signals for a real engine, and senders of every kind."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

import httpx2
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.alerts.webhook import signature
from adapters.graphql.desk import Desk
from adapters.http.app import build_app
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.http.health import Health
from adapters.http.metrics import metrics_route
from adapters.http.options import HttpOptions
from adapters.http.signals import SignalEndpoint
from adapters.metrics.api import ApiMetrics
from adapters.metrics.catalogue import SOURCE_REQUESTS
from adapters.metrics.registry import new_registry
from adapters.signals.settings import SignalSettings
from commands.caller import Caller
from commands.door import Door
from commands.roles import Role
from domain.errors import Unauthenticated
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.signals import keys_of_sources
from tests.adapters.graphql.dealing import EngineDoor
from tests.adapters.graphql.schema import Context, schema
from tests.commands.requests.asking import Asking
from tests.domain.history import ACCOUNT, BTC
from tests.served import served

SIGNING = "whsec_c2lnbmluZy1rZXktb2YtdGhlLXNjYW5uZXI="
BODY_SECRET = "a-secret-of-tradingview"  # noqa: S105  # a secret of these tests alone
TOKEN = "a-token-of-the-bot"  # noqa: S105
TRADERS_TOKEN = "a-token-of-a-trader"  # noqa: S105
STRANGE_TOKEN = "a-token-of-no-source"  # noqa: S105
SECRETS = (SIGNING, SIGNING.removeprefix("whsec_"), BODY_SECRET, TOKEN, TRADERS_TOKEN, STRANGE_TOKEN)
CLOCK = 1_790_000_000
"""The seconds since 1970 by which the times of signatures are judged."""
_DEFAULTS: Mapping[str, object] = {"stop": "0.02", "target": "0.06", "confidence": 0.7, "trend": 0.5}
SETTINGS: Mapping[str, Any] = {
    "proxies": ["127.0.0.2"],
    "sources": [
        {"name": "bot", "access": "TOKEN", "rate": "1000/minute"},
        {"name": "scanner", "access": "SIGNATURE", "secret": SIGNING, "rate": "1000/minute"},
        {
            "name": "tradingview",
            "access": "BODY",
            "secret": BODY_SECRET,
            "rate": "1000/minute",
            "key": "CANDLE",
            "instruments": [BTC],
            "symbols": {"BTCUSDT.P": BTC},
            "defaults": {**_DEFAULTS, "interval": "5m"},
        },
    ],
}


class Named:
    """Finds callers by tokens that never change."""

    _callers: Mapping[str, Caller] = {
        TOKEN: Caller("bot", Role.SOURCE, "t1"),
        TRADERS_TOKEN: Caller("bot", Role.TRADER, "t2"),
        STRANGE_TOKEN: Caller("stranger", Role.SOURCE, "t3"),
    }

    def found(self, text: str) -> Caller:
        if text not in self._callers:
            raise Unauthenticated("this token is not in force")
        return self._callers[text]

    def remembered(self, text: str) -> Caller | None:
        return self.found(text)

    def refresh(self) -> None:
        """Reads nothing, because the tokens never change."""


@dataclass
class Taking:
    """The server with its engine; `door` may be replaced by a test."""

    client: httpx2.Client
    registry: CollectorRegistry
    asking: Asking
    clock: list[float]
    doors: list[Door] = field(default_factory=list[Door])

    def signal(self, **changed: object) -> dict[str, Any]:
        """A complete signal on a candle that has just closed; None leaves a field out."""
        given = {
            "instrument": BTC, "direction": "LONG", "price": 100, "stop": "98", "target": "106", "confidence": 0.7,
            "trend": 0.5, "interval": "5m", "candle_closed_at": self.asking.desk.at.isoformat(),
        }  # fmt: skip
        return {name: value for name, value in {**given, **changed}.items() if value is not None}

    def post(self, body: object, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/signals", content=content, headers=named)

    def with_token(self, key: str, body: object, token: str = TOKEN, **headers: str) -> httpx2.Response:
        return self.post(body, authorization=f"Bearer {token}", idempotency_key=key, **headers)

    def signed(self, key: str, body: object, at: int = CLOCK, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        mark = signature(b"signing-key-of-the-scanner", key, str(at), content)
        given = {"webhook_id": key, "webhook_timestamp": str(at), "webhook_signature": mark, **headers}
        return self.post(content, **given)

    def with_secret(self, secret: object = BODY_SECRET, **changed: object) -> httpx2.Response:
        """An alert of TradingView: plain text, its own name of the instrument, and nothing that the settings have."""
        left_out = dict.fromkeys(("stop", "target", "confidence", "trend", "interval"))
        body = self.signal(**{"instrument": "BTCUSDT.P", **left_out, **changed})
        return self.post({**body, "secret": secret}, content_type="text/plain; charset=utf-8")

    @property
    def recorded(self) -> Sequence[Envelope]:
        return self.asking.desk.log.envelopes

    def counted(self, source: str, outcome: str) -> float:
        labels = {"source": source, "outcome": outcome}
        return self.registry.get_sample_value(SOURCE_REQUESTS.name, labels) or 0


def settings(**changed: object) -> SignalSettings:
    return SignalSettings.model_validate({**SETTINGS, **changed})


class Host:
    """A server of one application at a time, so that a test with an application of its own needs no server of its own.

    To start and stop a server takes longer than most tests.
    """

    def __init__(self) -> None:
        self._idle: ASGIApp = Starlette()
        self._app: ASGIApp = self._idle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._idle if scope["type"] == "lifespan" else self._app)(scope, receive, send)

    @contextmanager
    def has(self, app: ASGIApp) -> Generator[None]:
        """Requests go to this application until the block ends; before and after it nothing is found."""
        self._app = app
        try:
            yield
        finally:
            self._app = self._idle


@dataclass(frozen=True, slots=True)
class Served:
    """A host behind a real server, and a client of it."""

    host: Host
    client: httpx2.Client


@contextmanager
def hosting() -> Generator[Served]:
    """A host on a real server."""
    host = Host()
    # An address without TLS: the certificates of this machine, which take 0.1 s to read, are not needed.
    with served(host) as base, httpx2.Client(base_url=base, verify=SSLContext(PROTOCOL_TLS_CLIENT)) as client:
        yield Served(host, client)


@contextmanager
def taking(given: SignalSettings, at: Served) -> Generator[Taking]:
    """Serves `POST /signals` at this host for an engine whose log has just begun."""
    asking, registry, clock = Asking(), new_registry(), [float(CLOCK)]
    doors: list[Door] = [EngineDoor(asking)]
    desk = Desk(doors[0], ACCOUNT, clock=lambda: asking.desk.at)

    def current() -> Desk:
        return Desk(
            doors[-1], ACCOUNT, clock=lambda: asking.desk.at, threads=desk.threads, urgent=desk.urgent
        )

    app = _application(given, registry, current, clock)
    with at.host.has(app):
        yield Taking(at.client, registry, asking, clock, doors)
    desk.close()


def _application(
    given: SignalSettings, registry: CollectorRegistry, desk: Any, clock: list[float]
) -> ASGIApp:
    metrics = ApiMetrics(registry)
    gate = Gate(Named(), "100000/minute", metrics)
    keys = keys_of_sources(WhenceSettings(signals=given))
    signals = SignalEndpoint(given, keys, gate, desk, metrics, clock=lambda: clock[0])
    endpoint = Endpoint(schema(timing=metrics), Context, gate, metrics)
    routes: list[Route] = []
    return build_app(
        endpoint, gate, HttpOptions(), Health({}), routes, metrics_route(registry), signals=signals
    )
