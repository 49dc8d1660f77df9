"""Tracing, switched on by the setting that a user would write."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro.headers import traceparent
from domain.errors import MissingParts
from infra.config import load
from infra.logs import open_reader
from infra.tracing import tracing
from tests.adapters.tracing.collector import collecting
from tests.infra.cli.conftest import Whence, whence
from tests.journeys.program import PATIENCE, running
from tests.journeys.program import whence as program

__all__ = ["whence"]


def test_every_event_of_a_run_gives_a_span(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("WHENCE_TRACING", "true")
        done = whence("paper", "--bars", "1500", "--json")
    events = json.loads(done.out)["events"]
    assert done.code == 0
    assert len(collector.spans) == events > 20


def test_an_event_projected_by_another_process_gives_a_child_span_of_its_own(tmp_path: Path) -> None:
    assert program(tmp_path, "paper", "--bars", "1500", "--json").returncode == 0
    with collecting() as collector:
        sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "WHENCE_TRACING": "true"}
        with running(tmp_path, "projections", "run", **sent) as projecting:
            wait_for_store(tmp_path)
            projecting.interrupt()
    with closing(open_reader(load(log=f"sqlite:///{tmp_path / 'whence.db'}"))) as log:
        headers = [traceparent(one.envelope.meta) for one in log.read()]
    parents = [f"00-{span.trace_id.hex()}-{span.parent_span_id.hex()}-01" for span in collector.spans]
    assert sorted(parents) == sorted(headers)
    assert {span.name for span in collector.spans} == {"project"}


def wait_for_store(folder: Path) -> None:
    """Waits until every read model has caught up."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done = program(folder, "projections", "status", "--json")
        builds = json.loads(done.stdout or "[]")
        if builds and all(one["lag_events"] == 0 for one in builds if one["kind"] == "TODAY"):
            return
    raise AssertionError("the read models did not catch up")


def test_no_span_is_sent_where_tracing_is_off(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert whence("paper", "--bars", "300").code == 0
    assert collector.bodies == []


def test_a_missing_opentelemetry_is_refused_with_the_install_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "adapters.tracing.export", None)
    with (
        pytest.raises(MissingParts, match=r"pip install -e '\.\[tracing\]'"),
        tracing(load(tracing=True)),
    ):
        pytest.fail("traced without OpenTelemetry")
