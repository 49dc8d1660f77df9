"""What can be asked about decisions, and about who said no."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, select

from domain.signal import Verdict
from projections.questions.find import Rows
from projections.questions.listing import Listing, Test, at_least, common, equal
from projections.source import Source


def _objected(column: str) -> Test:
    """Somebody gave this reason, or this member gave one."""

    def test(source: Source, rows: FromClause, value: Any) -> ColumnElement[bool]:
        reasons = source.table("decision_reasons")
        said = select(reasons.c.id).where(
            reasons.c.account == rows.c.account, reasons.c.id == rows.c.id, reasons.c[column] == value
        )
        return said.exists()

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
    """How often each member's reason kept a signal from being traded, the most frequent first.

    Columns: member, chamber (both empty where no vote was taken), reason, count.
    """
    said = source.table(_OBJECTIONS.table)
    asked = {"verdict": Verdict.SKIP.value, "account": account, "since": since, "before": before}
    often = func.count().label("count")
    who = (said.c.member, said.c.chamber, said.c.reason)
    statement = (
        select(*who, often)
        .where(_OBJECTIONS.condition(source, said, asked))
        .group_by(*who)
        .order_by(often.desc(), *who)
    )
    return source.connection.execute(statement).mappings().all()
