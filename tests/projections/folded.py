"""Folds read models in memory, and has the events of a run with many trades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from adapters.tapes import synthetic_tape
from domain.log import Envelope, Recorded
from domain.sizing.settings import SizingSettings
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from projections.projection import Key, Projection, Row
from projections.rows import MemoryRows
from tests.commands.list_log import ListLog
from tests.journeys import runs
from tests.replacing import replace

EAGER = replace(runs.EAGER, sizing=SizingSettings(risk=Decimal("0.0005")))


def nothing_stored(_table: str, _key: Key) -> Row | None:
    return None


def folded(projection: Projection, envelopes: Iterable[Envelope]) -> MemoryRows:
    """The rows after folding the events, which have the ordinals 1, 2, 3 …"""
    rows = MemoryRows(projection.tables, nothing_stored)
    for ordinal, envelope in enumerate(envelopes, 1):
        fold = projection.folds.get(type(envelope.event))
        if fold is not None:
            fold(rows, Recorded(ordinal, envelope))
            rows.kept()
    return rows


def table(rows: MemoryRows, name: str) -> Mapping[Any, Row]:
    """A table's rows by key; the key is a value if it has one column, else a tuple."""
    found = rows.tables[name].dirty
    return {key[0] if len(key) == 1 else key: row for key, row in found.items()}


@cache
def a_run(bars: int = 5_000) -> Sequence[Envelope]:
    """Every event of a run over a synthetic market with settings that trade often."""
    plan = plan_of(synthetic_tape(7, candles=bars), "paper", Decimal(10_000), Decimal(5), EAGER)
    log = ListLog()
    for _ in PaperRun(plan, log, lambda _envelope: None).instants():
        pass
    return log.envelopes
