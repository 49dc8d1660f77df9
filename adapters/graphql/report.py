"""An audit report of an account: the same as `whence report` makes."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from functools import partial

import strawberry

from adapters.graphql.context import Info
from adapters.graphql.reporter import MadeReport
from adapters.graphql.scalars import Ordinal
from domain.errors import Refused
from projections.reports import statement as sums
from projections.reports.period import Period


@strawberry.type(description="How the opening balance became the closing balance, in the account's currency.")
class ReportStatement:
    opening: Decimal = strawberry.field(description="The balance before the period.")
    starting: Decimal = strawberry.field(
        description="The balance that the account was opened with; 0 where it was opened before the period."
    )
    deposits: Decimal = strawberry.field(description="What was paid in.")
    withdrawals: Decimal = strawberry.field(description="What was paid out; positive.")
    realised: Decimal = strawberry.field(description="The realised profit before fees.")
    fees: Decimal = strawberry.field(description="The fees; negative is a rebate.")
    funding: Decimal = strawberry.field(description="The funding received; negative where it was paid.")
    other: Decimal = strawberry.field(description="Changes that no position has booked.")
    closing: Decimal = strawberry.field(description="The recorded balance after the period.")


@strawberry.type(
    description="An audit report: a function of the log's events and of its arguments, as `whence report` makes it."
)
class Report:
    made: strawberry.Private[MadeReport]
    name: str = strawberry.field(description="The name of its file, without the ending.")
    kind: str = strawberry.field(
        description="LIVE where orders were sent to an exchange, DEMO where fills were simulated, or BACKTEST."
    )
    currency: str = strawberry.field(description="The account's currency.")
    begun: datetime = strawberry.field(description="When the period begins.")
    ended: datetime = strawberry.field(description="When the period ends.")
    first: Ordinal = strawberry.field(description="The ordinal of the period's first event.")
    last: Ordinal = strawberry.field(description="The ordinal of the period's last event.")
    events: Ordinal = strawberry.field(description="The number of events of the log that were read.")
    root: str = strawberry.field(description="The root of the tree over these events (RFC 6962), in base64.")
    statement: ReportStatement | None = strawberry.field(
        description="The statement; null for the trades of one strategy, which has no balance of its own."
    )

    @strawberry.field(description="The page for people: one HTML file without scripts, which loads nothing.")
    async def page(self, info: Info) -> str:
        return await info.context.served.readers.run(self.made.page)

    @strawberry.field(description="The figures for programs, as the text of a JSON file.")
    async def json(self, info: Info) -> str:
        return await info.context.served.readers.run(self.made.json)


async def report_of(info: Info, account: str, first: date | None, last: date | None, strategy: str) -> Report:
    """Makes the report. Raises what `Reporter.made` raises, Refused in a process that makes none."""
    reporter = info.context.served.reporter
    if reporter is None:
        raise Refused("this program makes no reports")
    made = await info.context.served.readers.run(
        partial(reporter.made, account, Period(first, last), strategy)
    )
    return Report(
        made=made,
        name=made.name,
        kind=made.kind,
        currency=made.currency,
        begun=made.begun,
        ended=made.ended,
        first=Ordinal(made.first),
        last=Ordinal(made.last),
        events=Ordinal(made.events),
        root=made.root,
        statement=None if made.statement is None else _statement(made.statement),
    )


def _statement(found: sums.Statement) -> ReportStatement:
    return ReportStatement(**{one.name: getattr(found, one.name) for one in fields(ReportStatement)})
