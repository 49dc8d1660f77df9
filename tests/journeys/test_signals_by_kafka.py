"""Signals from outside through Kafka: an API sends them by the command topic to the engine of another program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.log import Envelope
from domain.signal import DecisionMade, SignalDetected
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys.program import whence
from tests.journeys.serving import Started, started

BTC = "BTCUSDT-LINEAR.BYBIT"
SETTINGS = f"""
[[signals.sources]]
name = "bot"
instruments = ["{BTC}"]
rate = "1000/minute"
defaults = {{ confidence = 0.1, trend = 0.5, interval = "1m" }}
"""
RAISE = """mutation Raise($signal: SignalInput!, $key: String!) {
  raiseSignal(request: {idempotencyKey: $key}, signal: $signal) {
    __typename ... on Completed { repeated } ... on Refused { code reason } } }"""


@dataclass(frozen=True, slots=True)
class Scene:
    """An engine at rest, and an API without an engine of its own, on the same log."""

    log: str
    engine: Started
    api: Started
    source: str
    trader: str

    def post(self, key: str, token: str | None = None, **changed: object) -> httpx2.Response:
        given: dict[str, object] = {
            "instrument": BTC,
            "direction": "LONG",
            "price": "100",
            "stop": "98",
            "target": "106",
            "candle_closed_at": datetime.now(UTC).isoformat(),
        }
        headers = {"authorization": f"Bearer {token or self.source}", "idempotency-key": key}
        url = self.api.url.replace("/graphql", "/signals")
        return httpx2.post(url, json=given | changed, headers=headers, timeout=20)

    def recorded(self, strategy: str) -> list[Envelope]:
        """The signals of this strategy, and the decisions on them."""
        with closing(open_reader(WhenceSettings(log=self.log))) as log:
            events = [one.envelope for one in log.read()]
        chains = {
            one.meta.stream
            for one in events
            if isinstance(one.event, SignalDetected) and one.event.strategy == strategy
        }
        wanted = (SignalDetected, DecisionMade)
        return [one for one in events if one.meta.stream in chains and isinstance(one.event, wanted)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    (folder / "whence.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def scene(kafka_bootstrap_servers: str, kafka_topic: str, folder: Path) -> Iterator[Scene]:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    played = whence(folder, "paper", "--bars", "30", "--symbol", "BTCUSDT", "--log", log)
    assert played.returncode == 0, played.stderr
    with ExitStack() as held:
        engine = held.enter_context(started(folder, "--log", log))
        source, trader = (
            whence(folder, "tokens", "create", name, "--role", role, "--log", log).stdout.strip()
            for name, role in (("bot", "source"), ("tess", "trader"))
        )
        api = held.enter_context(started(folder, "--log", log))
        yield Scene(log, engine, api, source, trader)


def test_a_signal_goes_through_the_command_topic_and_the_decision_comes_back(scene: Scene) -> None:
    first = scene.post("k1")
    assert first.status_code == 202, first.text
    detected, decided = scene.recorded("bot")
    assert isinstance(detected.event, SignalDetected)
    assert isinstance(decided.event, DecisionMade)
    assert (detected.meta.actor, decided.meta.correlation_id) == ("source:bot", detected.meta.correlation_id)
    found = first.json()
    assert (found["verdict"], found["repeated"]) == (decided.event.verdict.value, False)
    assert detected.meta.stream.endswith(found["signal_id"])

    body: dict[str, Any] = {"candle_closed_at": detected.event.candle_closed_at.isoformat()}
    again = scene.post("k1", **body)
    assert (again.status_code, again.json()) == (200, {**found, "repeated": True})
    other = scene.post("k1", **body, stop="97")
    assert other.status_code == 422, other.text
    assert scene.post("k2", instrument="ETHUSDT-LINEAR.BYBIT").status_code == 403
    assert scene.post("k3", token=scene.trader).status_code == 403
    assert len(scene.recorded("bot")) == 2

    asked = scene.api.query("{ __typename }", token=scene.source)
    assert {one["extensions"]["code"] for one in asked["errors"]} == {"FORBIDDEN"}
    signal = {
        "strategy": "scout",
        "instrument": BTC,
        "intervalSeconds": 60,
        "candleClosedAt": datetime.now(UTC).isoformat(),
        "direction": "SHORT",
        "confidence": 0.1,
        "trend": -0.5,
        "price": "100",
        "stop": "102",
        "target": "94",
    }
    raised = [scene.api.query(RAISE, token=scene.trader, signal=signal, key="m1") for _ in range(2)]
    answers = [one["data"]["raiseSignal"] for one in raised]
    assert [(one["__typename"], one["repeated"]) for one in answers] == [
        ("Completed", False),
        ("Completed", True),
    ]
    assert {one.meta.actor for one in scene.recorded("scout")} == {"tess", "engine"}

    scene.engine.program.kill()
    late = scene.post("k4")
    assert late.status_code == 503, late.text
    assert "Retry-After" in late.headers
