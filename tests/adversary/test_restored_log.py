"""A log is restored from a backup and traded on, while its store keeps the read models of the lost events."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.journeys.program import PATIENCE, whence
from tests.journeys.serving import Started, started

TRIP = """mutation { tripKillSwitch(request: {idempotencyKey: "k1"}, reason: "enough") {
  __typename ... on Completed { readModelsReached } } }"""
PAUSE = """mutation { pauseStrategy(request: {idempotencyKey: "k2"}, strategy: "trend", reason: "lunch") {
  __typename ... on Completed { readModelsReached } } }"""
STATE = """{ accounts { killSwitch balance ordinal }
  journal(first: 5) { edges { node { ordinal type actor line } } } projections { kind name ordinal } }"""


def ready(api: Started) -> Started:
    """Waits until the read models show the whole log."""
    deadline = time.monotonic() + PATIENCE
    while httpx2.get(api.url.replace("/graphql", "/readyz"), timeout=20).status_code != 200:
        assert time.monotonic() < deadline, "the read models were not built"
        time.sleep(0.05)
    return api


def state(api: Started) -> dict[str, Any]:
    """What a client sees of the account, the journal and the read models of today."""
    data: dict[str, Any] = api.query(STATE)["data"]
    today = [one for one in data["projections"] if one["kind"] == "TODAY"]
    return data | {"projections": sorted(today, key=lambda one: str(one["name"]))}


def test_answers_after_a_restored_log_was_traded_on_equal_those_of_a_new_store(tmp_path: Path) -> None:
    assert whence(tmp_path, "paper", "--bars", "300").returncode == 0
    token = whence(tmp_path, "tokens", "create", "desk", "--role", "trader").stdout.strip()
    log, backup = tmp_path / "whence.db", tmp_path / "backup.db"
    shutil.copy(log, backup)
    with started(tmp_path) as api:
        assert ready(api).query(TRIP, token)["data"]["tripKillSwitch"]["__typename"] == "Completed"
        assert state(api)["accounts"][0]["killSwitch"] == "enough"
        api.stop()
    shutil.copy(backup, log)
    with started(tmp_path) as api:
        assert ready(api).query(PAUSE, token)["data"]["pauseStrategy"]["__typename"] == "Completed"
        found = state(api)
        api.stop()
    with started(tmp_path, "--read-only", "--store", f"sqlite:///{tmp_path / 'new.read.db'}") as api:
        assert found == state(ready(api))
    assert found["accounts"][0]["killSwitch"] == ""
