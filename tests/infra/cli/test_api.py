"""`whence api` as a shell starts it: the owner of the log trades, and another process reads and names the owner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.infra.cli.conftest import Whence
from tests.journeys.program import whence
from tests.journeys.serving import started

PAUSE = """mutation($key: String!) {
  pauseStrategy(request: {idempotencyKey: $key}, strategy: "trend", reason: "lunch") {
    __typename ... on Completed { repeated readModelsReached events { type } } ... on Refused { reason }
  }
}"""
EVERYWHERE = "0.0.0.0"  # noqa: S104  # the address that the test distinguishes
LAST = "{ journal(first: 1) { edges { node { type actor } } } }"


def events(lines: list[dict[str, Any]]) -> str:
    return "\n".join(str(one["event"]) for one in lines)


def signalled(url: str, token: str) -> tuple[int, str]:
    """Status and code of the answer to a signal of the source `bot`."""
    signal = {
        "instrument": "BTCUSDT-LINEAR.BYBIT", "direction": "LONG", "price": 100, "stop": 98, "target": 106,
        "confidence": 0.7, "trend": 0, "interval": "5m", "candle_closed_at": "2025-01-01T00:00:00Z",
        "idempotency_key": "s1",
    }  # fmt: skip
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx2.post(url.replace("/graphql", "/signals"), json=signal, headers=headers)
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_the_first_api_trades_and_a_second_one_only_reads(tmp_path: Path) -> None:
    token = json.loads(whence(tmp_path, "tokens", "create", "desk", "--role", "trader", "--json").stdout)[
        "token"
    ]
    (tmp_path / "whence.toml").write_text('[[signals.sources]]\nname = "bot"\n')
    bot = whence(tmp_path, "tokens", "create", "bot", "--role", "source").stdout.strip()
    with started(tmp_path) as owner:
        assert "this process owns paper's log" in events(owner.logged)
        paused = owner.query(PAUSE, token, key="k1")["data"]["pauseStrategy"]
        assert (paused["__typename"], paused["repeated"], paused["readModelsReached"]) == (
            "Completed",
            False,
            True,
        )
        assert owner.query(PAUSE, token, key="k1")["data"]["pauseStrategy"]["repeated"] is True
        assert signalled(owner.url, bot) == (503, "UNAVAILABLE"), (
            "the engine refused it for now: a new log has no prices"
        )
        with started(tmp_path) as reader:
            assert signalled(reader.url, bot) == (503, "LOG_OWNED")
            assert f"whence.db is owned by process {owner.program.pid}" in events(reader.logged)
            (line,) = reader.query(LAST)["data"]["journal"]["edges"]
            assert line["node"]["actor"] == "desk"
            (error,) = reader.query(PAUSE, token, key="k2")["errors"]
            assert error["extensions"]["code"] == "LOG_OWNED"
            assert f"process {owner.program.pid}" in error["message"]
            assert reader.stop()[0] == 0
        code, output = owner.stop()
    assert code == 0
    access = [json.loads(line) for line in output.splitlines()]
    assert {one["caller"] for one in access if one["event"].startswith("POST")} == {"desk", "source:bot"}
    assert token not in output
    assert bot not in output


def test_a_request_to_a_read_only_api_is_refused_with_a_message_that_names_read_only(tmp_path: Path) -> None:
    assert whence(tmp_path, "paper", "--bars", "300").returncode == 0
    token = whence(tmp_path, "tokens", "create", "desk", "--role", "admin").stdout.strip()
    with started(tmp_path, "--read-only") as reader:
        (error,) = reader.query(PAUSE, token, key="k1")["errors"]
        assert (error["extensions"]["code"], "--read-only" in error["message"]) == ("REFUSED", True)
        assert "--read-only" in events(reader.logged)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", EVERYWHERE], "add --allow-host"),
        (["--host", EVERYWHERE, "--allow-host", "api.example.com"], "whence tokens create"),
        (["--tls-cert", "cert.pem"], "TLS needs both"),
        (["--rate", "often"], "write it like 600/minute"),
        (["--cors-origin", "desk.example.com"], "is not an origin"),
        (["--allow-host", "https://api.example.com"], "is not a host"),
        (["--store", "kafka://localhost:9092/x"], "is not a kind of store"),
        (["--store", "sqlite:///whence.db"], "is the log itself"),
    ],
)
def test_an_invalid_option_is_refused_in_one_sentence(
    whence: Whence, words: list[str], sentence: str
) -> None:
    refused = whence("api", "--port", "0", *words)
    assert refused.code == 2
    assert sentence in refused.err
    assert "Traceback" not in refused.err
