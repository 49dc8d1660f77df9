"""A run on live prices with its log on Kafka that is killed around a score, and its read models in PostgreSQL."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from domain.log import Envelope
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, SignalDetected
from infra.config import WhenceSettings
from infra.learning.model_files import write_model
from projections.builds import live, tables_of
from projections.digest import digest
from projections.models import MODELS
from projections.store import reading
from tests.domain.models.files import constant
from tests.infra.run.killed import catch_up
from tests.infra.run.stores import opened
from tests.journeys.program import PATIENCE, WHENCE, environment, patient_whence
from tests.journeys.runs import events_at

BTC = "BTCUSDT-LINEAR.BYBIT"
PROJECT = Path(__file__).parents[2]
SETTINGS = f"""
[trading]
strategies = []
[models]
folder = "models"
score_milliseconds = 1000
[[signals.sources]]
name = "bot"
instruments = ["{BTC}"]
rate = "1000/minute"
defaults = {{ confidence = 0.9, trend = 0.9, interval = "1m" }}
"""


@pytest.fixture(scope="module")
def venue() -> Iterator[str]:
    """A venue in a process of its own, with the past of its market."""
    words = ["venue", "--port", "0", "--admin-port", "0", "--symbol", "BTCUSDT", "--no-limits", "--quiet"]
    with subprocess.Popen(
        [str(WHENCE), *words], stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", one) for one in process.stdout)))
        yield found[0]
        process.kill()


class Trading:
    """A run that may be killed; `url` is that of its API."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.process, self.lines = process, list[str]()
        self.url = self._ready(process.stderr)
        self._reader = Thread(target=lambda: self.lines.extend(process.stderr or ()), daemon=True)
        self._reader.start()

    def _ready(self, lines: Iterator[str]) -> str:
        url = ""
        for line in lines:
            self.lines.append(line)
            if (found := re.search(r"http://[^/\"]+(?=/graphql)", line)) is not None:
                url = found[0]
            if url and '"trading: ' in line:
                return url
        raise AssertionError("".join(self.lines[-20:]))

    def post(self, key: str, token: str, body: dict[str, str]) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
        return httpx2.post(f"{self.url}/signals", json=body, headers=headers, timeout=30)

    def dies_of(self, key: str, token: str, body: dict[str, str]) -> None:
        """The run is killed while it handles the signal, and its API ends with it."""
        try:
            answered = self.post(key, token, body)
        except httpx2.HTTPError:
            pass
        else:
            assert answered.status_code >= 500, answered.text
        assert self.process.wait(PATIENCE) == -signal.SIGKILL, self.lines[-20:]


@contextmanager
def trading(folder: Path, step: str, venue: str, log: str) -> Generator[Trading]:
    """`whence paper --live`, which dies at the step; `never` for a run that does not."""
    program = (
        [str(WHENCE)] if step == "never" else [sys.executable, "-m", "tests.journeys.dying_scored", step]
    )
    words = ["paper", "--live", "--symbol", "BTCUSDT", "--interval", "1m", "--address", venue, "--port", "0"]
    with subprocess.Popen(
        [*program, *words, "--log", log],
        cwd=folder,
        env=environment(PYTHONPATH=str(PROJECT)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Trading(process)
        finally:
            process.kill()


def price_at(venue: str) -> Decimal:
    found: Any = httpx2.get(f"{venue}/v5/market/tickers?category=linear&symbol=BTCUSDT", timeout=20).json()
    return Decimal(found["result"]["list"][0]["lastPrice"])


def a_signal(price: Decimal) -> dict[str, str]:
    return {
        "instrument": BTC,
        "direction": "LONG",
        "price": str(price),
        "stop": str(round(price * Decimal("0.98"))),
        "target": str(round(price * Decimal("1.06"))),
        "candle_closed_at": datetime.now(UTC).isoformat(),
    }


def units(log: str) -> list[list[Envelope]]:
    """The signal, its scores and its decision, for each chain of a signal, in the order of the log."""
    found: dict[str, list[Envelope]] = {}
    wanted = (SignalDetected, SignalScored, DecisionMade)
    for one in events_at(log):
        if isinstance(one.envelope.event, wanted):
            found.setdefault(one.envelope.meta.correlation_id, []).append(one.envelope)
    return list(found.values())


def kinds(envelopes: Sequence[Envelope]) -> list[type]:
    return [type(one.event) for one in envelopes]


def projected(log: str, store: str) -> tuple[list[tuple[str, str, str]], str]:
    """The model, role and outcome of each score in the read models of the log, and the digest of their tables."""
    settings = WhenceSettings(log=log, store=store)
    found: list[tuple[list[tuple[str, str, str]], str]] = []
    for engine in opened(store):
        catch_up(settings)
        with reading(engine) as connection:
            build = live(connection)[MODELS.name]
            scores = tables_of(MODELS, build)["signal_scores"]
            rows = connection.execute(select(scores.c.sha256, scores.c.role, scores.c.outcome)).all()
            found.append(([(one[0], one[1], one[2]) for one in rows], digest(connection, MODELS, build)))
    return found[0]


def test_a_run_on_kafka_that_is_killed_before_and_after_a_score_is_durable_has_it_once_with_its_decision(
    kafka_bootstrap_servers: str, kafka_topic: str, postgres_database: str, venue: str, tmp_path: Path
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    (tmp_path / "whence.toml").write_text(SETTINGS)
    sha256 = write_model(tmp_path / "trained", constant()).stem
    options = ("--log", log)
    command = partial(patient_whence, tmp_path, 2 * PATIENCE)
    with trading(tmp_path, "scored", venue, log) as run:
        token = command("tokens", "create", "bot", "--role", "source", *options).stdout.strip()
        known = command("models", "register", f"trained/{sha256}.json", *options)
        assert known.returncode == 0, known
        words = ("models", "promote", sha256[:8], "--reason", "a constant", "--unproven", *options)
        promoted = command(*words)
        assert promoted.returncode == 0, promoted
        body = a_signal(price_at(venue))
        run.dies_of("first", token, body)
    assert units(log) == [], "a score whose unit is not durable left something behind"

    with trading(tmp_path, "recorded", venue, log) as run:
        run.dies_of("first", token, body)
    (unit,) = units(log)
    assert kinds(unit) == [SignalDetected, SignalScored, DecisionMade]
    score = unit[1].event
    assert isinstance(score, SignalScored)
    assert (score.outcome, score.model, score.confidence) == (ScoreOutcome.OK, sha256, 0.817574)
    assert sum(one is not None for one in score.values) > 20, score.values

    with trading(tmp_path, "never", venue, log) as run:
        again = run.post("first", token, body)
        assert (again.status_code, again.json()["repeated"]) == (200, True), again.text
        other = run.post("second", token, a_signal(price_at(venue)))
        assert (other.status_code, other.json()["repeated"]) == (202, False), other.text
    found = units(log)
    assert [kinds(one) for one in found] == [[SignalDetected, SignalScored, DecisionMade]] * 2
    assert found[0] == unit

    verified = command("replay", "--verify", "--json", *options)
    assert verified.returncode == 0, verified
    made = json.loads(verified.stdout)
    assert (made["made"]["SignalScored"], made["differing"], made["impossible"]) == (2, [], {})
    replayed = command("replay", *options)
    assert replayed.returncode == 0, replayed

    rows, of_postgresql = projected(log, postgres_database)
    assert rows == [(sha256, "CHAMPION", "OK")] * 2
    assert projected(log, f"sqlite:///{tmp_path / 'read.db'}") == (rows, of_postgresql)
