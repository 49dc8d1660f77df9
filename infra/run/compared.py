"""What the report of a what-if or a shadow states: a candidate beside its control, the control beside the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.simulated.fill_source import FillSource
from domain.opening import LogOpened
from infra.run.backtest import Unanswered
from projections.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`comparison` is the candidate beside the control, `reproduced` the control beside the log that was opened as
    `source`.

    `log_id` is that of the candidate's log, `currency` that of the account. `is_live`: the market of the source is a
    live feed. `left_out` and `declined` state what had no effect in the candidate (see `Backtest`); None and empty
    where only the logs were read, which do not state it. `fills` counts its executions by what filled them, and is None
    there, too. `notes` are sentences on the scores of the candidate's own
    model.
    """

    comparison: Comparison
    reproduced: Comparison
    source: LogOpened
    log_id: UUID
    currency: str
    is_live: bool
    left_out: Mapping[str, int] | None
    declined: Sequence[Unanswered]
    fills: Mapping[FillSource, int] | None
    notes: Sequence[str] = ()
