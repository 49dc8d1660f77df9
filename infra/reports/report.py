"""A report: the figures of one account's trading with trail, incidents, dead letters and checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.avro import iso
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.store import DeadLetters, Wanted
from adapters.exports.sheet import plain
from adapters.log.recorder_log import RecordedLog
from adapters.notary.leaves import log_id_of
from adapters.notary.verifying import Signed
from domain.arithmetic import ZERO
from domain.log import Envelope
from domain.ratios import DEFINITION
from infra.cli.measured import measures_json
from infra.reports.checkpoint import Standing, compared, standing
from infra.reports.reading import Reading
from infra.reports.trail import Row, trail
from infra.run.demo_log import is_backtest, is_live, is_synthetic
from infra.run.upto import read_upto
from projections.analysis.analysis import Analysis
from projections.chain import find_story
from projections.projection import Row as TableRow
from projections.questions.performance import figures
from projections.reports.book import Book
from projections.reports.figures import Figures, Scope
from projections.reports.latency import Spread, spreads
from projections.reports.period import Period
from projections.reports.results import By

LIVE, DEMO, BACKTEST = "LIVE", "DEMO", "BACKTEST"
"""LIVE: orders were sent to an exchange, of which a log does not record whether it is a testnet. DEMO: fills were
simulated. BACKTEST: the log of a what-if or a backtest."""
_PLACES = 8
"""The decimals of the value of buy and hold, which is a quotient."""
_OF_A_GROUP = (
    "trades",
    "wins",
    "losses",
    "gross",
    "fees",
    "funding",
    "net",
    "largest_win",
    "largest_loss",
    "max_drawdown",
)
_OF_A_POSITION = (
    "id", "instrument", "direction", "owner", "status", "quantity", "max_quantity", "average_price", "gross", "fees",
    "funding", "net", "exit_reason", "close_reason", "opened_at", "closed_at", "chain", "stop", "target", "entry_order",
    "exit_order",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What a report is about. `upto` is the ordinal of the last event that is read; None for all events there are.
    `account` is empty where the log has one account alone."""

    period: Period
    account: str = ""
    strategy: str = ""
    order: str = ""
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `log_id` identifies the log, `kind` is LIVE, DEMO or BACKTEST, `synthetic` is whether its market was
    generated.

    It is a function of the log up to the event at which it stands, and of the request; only `letters` are beside the
    log.
    """

    log_id: str
    kind: str
    synthetic: bool
    figures: Figures
    actions: Sequence[Row]
    incidents: Sequence[Row]
    latency: Sequence[Spread]
    letters: Sequence[DeadLetter]
    standing: Standing

    @property
    def interventions(self) -> Sequence[Row]:
        """The actions of people and of clients of the API."""
        return [one for one in self.actions if one.is_by_a_person]

    def incident_counts(self) -> Mapping[str, int]:
        """The number of incidents of each kind, dead letters among them, in order of their names."""
        counts = Counter(one.kind for one in self.incidents)
        if self.letters:
            counts["dead letter"] = len(self.letters)
        return dict(sorted(counts.items()))

    def as_json(self) -> dict[str, Any]:
        """The report for programs: amounts as text, times in ISO 8601, fractions as numbers."""
        found = self.figures
        return {
            "account": found.account,
            "kind": self.kind,
            "synthetic": self.synthetic,
            "log_id": self.log_id,
            "currency": found.currency,
            "strategy": found.scope.strategy,
            "order": found.scope.order,
            "from": iso(found.begun),
            "to": iso(found.ended),
            "first_ordinal": found.first,
            "last_ordinal": found.last,
            "checkpoint": self.standing.as_json(),
            **(account_json(found) if found.scope.is_whole else {}),
            **({"measures": measures_json(Analysis(found))} if found.scope.is_whole else {}),
            "performance": performance_json(found),
            "distribution": [
                {"from": format(one.low, "f"), "to": format(one.high, "f"), "trades": one.trades}
                for one in found.bins
            ],
            "signals": found.counted("SIGNALS"),
            "decisions": found.counted("DECISIONS"),
            "skipped": found.counted("SKIPPED"),
            "routes": [{"at": iso(one.at), **one.as_json()} for one in found.routes],
            "versions": [{"from": iso(one.at), **one.as_json()} for one in found.versions],
            "positions": positions_json(found),
            "foreign_fees": {name: format(fee, "f") for name, fee in found.foreign_fees().items()},
            "latency": [one.as_json() for one in self.latency],
            "incidents": {
                "counts": self.incident_counts(),
                "events": [one._asdict() for one in self.incidents],
            },
            "dead_letters": [
                {"id": one.id, "source": one.source.value, "place": one.place, "reason": one.reason}
                | {"received_at": iso(one.received_at)}
                for one in self.letters
            ],
            "trail": [one._asdict() for one in self.actions],
        }


def made(
    log: RecordedLog, request: Request, letters: DeadLetters, signed: Signed | None, path: Path | None
) -> Report:
    """The report. `signed` are the signed checkpoints in `path`, with which the log is compared.

    Raises InvalidInput for what the log does not have, LogCorrupt and ProofRefused where the log and a checkpoint
    differ, and the errors of the log and of the store of dead letters.
    """
    upto = read_upto(log, request.upto)
    tree = compared(log, upto, signed, path)
    reading = Reading(log, request.account, upto, tree)
    book, found = _booked(log, request, reading)
    reading.finish()
    first = first_of(log)
    return Report(
        log_id=str(log_id_of(log)),
        kind=kind_of(first),
        synthetic=is_synthetic(first),
        figures=found,
        actions=trail(found.actions, book.events, log.read),
        incidents=trail(found.incidents, book.events, log.read),
        latency=list(spreads(found.samples)),
        letters=_letters(letters, found) if found.scope.is_whole else (),
        standing=standing(log, tree, signed),
    )


def account_json(found: Figures) -> dict[str, Any]:
    """The figures of the whole account for programs: statement, equity, return, ratios, months and curve."""
    return {
        "statement": found.statement.as_json(),
        "unrealised": {
            "opening": _opening(found.before, "unrealised"),
            "closing": _form(found.after["unrealised"]),
        },
        "equity": {"opening": _opening(found.before, "equity"), "closing": _form(found.closing_equity)},
        "equity_at": plain(found.after["equity_at"]),
        "return": found.growth,
        "months": dict(found.months()),
        "max_drawdown": found.drawdown,
        "sharpe": found.ratios.sharpe,
        "sortino": found.ratios.sortino,
        "ratios": DEFINITION,
        "buy_and_hold_equity": format(round(found.held[-1][1], _PLACES), "f") if found.held else None,
        "curve": [
            {"at": iso(one["at"]), "ordinal": one["ordinal"], "balance": format(one["balance"], "f")}
            | {"equity": plain(one["equity"]), "drawdown": one["drawdown"]}
            for one in found.points
        ],
    }


def performance_json(found: Figures) -> dict[str, Any]:
    """The sums and means of the closed trades of every group, by kind of group and value."""
    return {by.value.lower(): dict(_groups(found, by)) for by in By}


def positions_json(found: Figures) -> Sequence[Mapping[str, object]]:
    """The positions that changed in the period; `exit_price` is the mean of its exits, null while it is open."""
    exits = {one.position: one.price for one in found.closings}
    return [
        {name: plain(one[name]) for name in _OF_A_POSITION} | {"exit_price": plain(exits.get(one["id"]))}
        for one in found.positions
    ]


def read_figures(log: RecordedLog, request: Request, upto: int) -> Figures:
    """The figures of what is requested. Raises InvalidInput for what the log does not have."""
    reading = Reading(log, request.account, upto)
    _book, found = _booked(log, request, reading)
    reading.finish()
    return found


def _booked(log: RecordedLog, request: Request, reading: Reading) -> tuple[Book, Figures]:
    book = Book(reading.account, request.period, _scope(log, request, reading.upto))
    return book, book.read(reading.events())


def kind_of(first: Envelope) -> str:
    """LIVE, DEMO or BACKTEST, by the log's first event."""
    if is_backtest(first):
        return BACKTEST
    return LIVE if is_live(first) else DEMO


def first_of(log: RecordedLog) -> Envelope:
    """The first event of a log, which has one."""
    return next(iter(log.read(0, 1))).envelope


def _scope(log: RecordedLog, request: Request, upto: int) -> Scope:
    """The scope; of an order also the chains of its story. Raises InvalidInput where there is no such order."""
    if not request.order:
        return Scope(strategy=request.strategy)
    found = find_story(lambda after, end: log.read(after, upto if end is None else end), request.order)
    return Scope(order=request.order, chains=frozenset() if found is None else found.chains)


def _letters(letters: DeadLetters, found: Figures) -> Sequence[DeadLetter]:
    """The dead letters that were received in the period, the oldest first."""
    kept = letters.letters(Wanted())
    return [one for one in reversed(kept) if found.period.has(one.received_at.date())]


def _groups(found: Figures, by: By) -> Iterator[tuple[str, Mapping[str, object]]]:
    for value, row in found.groups[by].items():
        sums = {name: plain(row[name]) for name in _OF_A_GROUP}
        yield value, sums | {name: plain(one) for name, one in figures(row).items()}


def _opening(before: TableRow | None, name: str) -> str | None:
    """What the account had before the period: 0 where it was opened in it, as in the statement."""
    return _form(ZERO) if before is None else _form(before[name])


def _form(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
