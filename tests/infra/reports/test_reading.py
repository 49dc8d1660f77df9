"""A report decodes each event once, and none after its period."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.reports.report import Request, made
from projections.reports.period import Period
from tests.journeys.runs import play, short_plan

_FEW = 10
"""The first events are read a second time: the account, the id of the log, and the settings before a change."""


class _Counting(AvroCodec):
    """A codec that counts what it decodes."""

    def __init__(self) -> None:
        super().__init__()
        self.decoded = 0

    def decode(self, data: bytes) -> Envelope:
        self.decoded += 1
        return super().decode(data)


@pytest.mark.parametrize("is_whole", [True, False], ids=["the whole log", "its first day"])
def test_a_report_decodes_each_event_up_to_the_end_of_its_period_once(is_whole: bool, tmp_path: Path) -> None:
    codec = _Counting()
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'none.db'}")
    with closing(open_memory(codec)) as log, closing(FoundLetters(settings)) as letters:
        first = play(short_plan(), log)[0].meta.occurred_at.date()
        codec.decoded = 0
        found = made(log, Request(Period() if is_whole else Period(first, first)), letters(), None, None)
        assert (found.figures.last == log.head()) is is_whole
        assert found.standing.computed.size == log.head()
        assert found.figures.last <= codec.decoded < found.figures.last + _FEW
