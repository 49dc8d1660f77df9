"""Tracing, as a person switches it on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from domain.errors import MissingParts
from infra.config import load
from infra.tracing import tracing
from tests.adapters.tracing.collector import collecting
from tests.infra.cli.conftest import Whence, whence

__all__ = ["whence"]


def test_every_event_of_a_run_is_a_span(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("WHENCE_TRACING", "true")
        said = whence("paper", "--bars", "1500", "--json")
    events = json.loads(said.out)["events"]
    assert said.code == 0
    assert len(collector.spans) == events > 20


def test_nothing_is_sent_where_nobody_asked(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert whence("paper", "--bars", "300").code == 0
    assert collector.bodies == []


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "adapters.tracing.export", None)
    with (
        pytest.raises(MissingParts, match=r"pip install 'whence\[tracing\]'"),
        tracing(load(tracing=True)),
    ):
        pytest.fail("traced without OpenTelemetry")
