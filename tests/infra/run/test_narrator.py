"""The engine's log lines: one sentence for each event, with the id of its chain."""

from __future__ import annotations

import logging

import pytest

from infra.run.narrator import Narrator
from tests.projections.folded import a_run


def test_every_event_gives_a_line_with_its_chain_and_type(caplog: pytest.LogCaptureFixture) -> None:
    events = a_run()[:40]
    with caplog.at_level(logging.INFO):
        Narrator().recorded(events, 0.001, 0.001)
    lines = [
        (record.__dict__["correlation_id"], record.getMessage().partition(":")[0])
        for record in caplog.records
    ]
    assert lines == [(one.meta.correlation_id, type(one.event).__name__) for one in events]
