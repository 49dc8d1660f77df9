"""An API with `--no-engine` that starts before the engine of its log."""

from __future__ import annotations

from pathlib import Path

from tests.infra.cli.test_api import PAUSE
from tests.journeys.program import running, whence
from tests.journeys.serving import logged_until, ready, started

TOKEN = ("tokens", "create", "desk", "--role", "trader")


def test_an_api_that_starts_on_an_empty_log_waits_for_the_engine_and_sends_requests_to_it(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    token = whence(tmp_path, *TOKEN, "--log", log).stdout.strip()
    with running(tmp_path, "api", "--port", "0", "--no-engine", "--log", log) as program:
        waiting = logged_until(program, "waiting for the engine")
        assert waiting[-1]["event"] == f"waiting for the engine that opens {log}"
        with started(tmp_path, "--log", log, "--account", "desk"):
            api = ready(program, tmp_path)
            paused = api.query(PAUSE, token, key="k1")["data"]["pauseStrategy"]
            assert paused["__typename"] == "Completed"
        assert api.stop()[0] == 0


def test_an_api_that_waits_for_the_engine_ends_when_it_is_stopped(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    with running(tmp_path, "api", "--port", "0", "--no-engine", "--log", log) as program:
        logged_until(program, "waiting for the engine")
        program.process.terminate()
        assert program.ended()[0] == 0


def test_an_api_without_an_engine_on_a_file_refuses_requests(tmp_path: Path) -> None:
    assert whence(tmp_path, "paper", "--bars", "30").returncode == 0
    token = whence(tmp_path, *TOKEN).stdout.strip()
    with started(tmp_path, "--no-engine") as api:
        (error,) = api.query(PAUSE, token, key="k1")["errors"]
        assert "this API was started with --no-engine" in error["message"]
