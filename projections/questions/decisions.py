"""Filters and sort orders of the list of decisions, and counts of the members' objections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, select

from domain.signal import Verdict
from projections.questions.find import Rows
from projections.questions.listing import Listing, Test, at_least, common, equal
from projections.source import Source


def _objected(column: str) -> Test:
    """A filter: the decision has a rejection whose `column` (reason or member) equals the value."""

    def test(source: Source, rows: FromClause, value: Any) -> ColumnElement[bool]:
        reasons = source.table("decision_reasons")
        given = select(reasons.c.id).where(
            reasons.c.account == rows.c.account, reasons.c.id == rows.c.id, reasons.c[column] == value
        )
        return given.exists()

    return test


DECISIONS = Listing(
    "decisions",
    {
        **common("decided_at", "strategy", "instrument", "direction", "verdict", "tier", "chain"),
        "reason": _objected("reason"),
        "member": _objected("member"),
        "min_rejections": at_least("rejections"),
    },
    {
        "DECIDED": "ordinal",
        "APPROVALS": "approvals",
        "REJECTIONS": "rejections",
        "QUANTITY": "quantity",
        "INSTRUMENT": "instrument",
    },
)


_OBJECTIONS = Listing("decision_reasons", {**common("decided_at"), "verdict": equal("verdict")}, {})


def objections(source: Source, account: str | None, since: datetime | None, before: datetime | None) -> Rows:
    """For each member and reason the number of signals skipped for that reason, the most frequent reason first.

    Columns: member, chamber (both empty where no member gave the reason), reason, count.
    """
    reasons = source.table(_OBJECTIONS.table)
    filters = {"verdict": Verdict.SKIP.value, "account": account, "since": since, "before": before}
    often = func.count().label("count")
    who = (reasons.c.member, reasons.c.chamber, reasons.c.reason)
    statement = (
        select(*who, often)
        .where(_OBJECTIONS.condition(source, reasons, filters))
        .group_by(*who)
        .order_by(often.desc(), *who)
    )
    return source.connection.execute(statement).mappings().all()
