"""A report: the figures of one account's trading with trail, incidents, dead letters and checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.avro import iso
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.store import DeadLetters, Wanted
from adapters.log.recorder_log import RecordedLog
from adapters.notary.leaves import log_id_of
from adapters.notary.verifying import Signed
from domain.errors import InvalidInput
from domain.log import Recorded
from domain.opening import LogOpened
from domain.ratios import DEFINITION
from infra.reports.checkpoint import Standing, standing
from infra.reports.trail import Row, trail
from infra.run.demo_log import is_backtest, is_live
from projections.chain import find_story
from projections.projection import Row as TableRow
from projections.questions.performance import figures
from projections.reports.book import Book, accounts_in
from projections.reports.figures import Figures, Scope
from projections.reports.latency import Spread, spreads
from projections.reports.period import Period
from projections.reports.results import By

LIVE, DEMO, BACKTEST = "LIVE", "DEMO", "BACKTEST"
"""LIVE: orders were sent to an exchange, of which a log does not record whether it is a testnet. DEMO: fills were
simulated. BACKTEST: the log of a what-if."""
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
    "funding", "net", "exit_reason", "opened_at", "closed_at", "chain",
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
            **(self._of_the_account() if found.scope.is_whole else {}),
            "performance": {by.value.lower(): dict(_groups(found, by)) for by in By},
            "distribution": [
                {"from": format(one.low, "f"), "to": format(one.high, "f"), "trades": one.trades}
                for one in found.bins
            ],
            "signals": found.counted("SIGNALS"),
            "decisions": found.counted("DECISIONS"),
            "skipped": found.counted("SKIPPED"),
            "positions": [{name: value_of(one[name]) for name in _OF_A_POSITION} for one in found.positions],
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

    def _of_the_account(self) -> dict[str, Any]:
        found = self.figures
        return {
            "statement": found.statement.as_json(),
            "unrealised": {
                "opening": _text(found.before, "unrealised"),
                "closing": _text(found.after, "unrealised"),
            },
            "equity": {"opening": _text(found.before, "equity"), "closing": _text(found.after, "equity")},
            "equity_at": value_of(found.after["equity_at"]),
            "return": found.growth,
            "months": dict(found.months()),
            "max_drawdown": found.drawdown,
            "sharpe": found.ratios.sharpe,
            "sortino": found.ratios.sortino,
            "ratios": DEFINITION,
            "buy_and_hold": format(round(found.held[-1][1], _PLACES), "f") if found.held else None,
            "curve": [
                {"at": iso(one["at"]), "ordinal": one["ordinal"], "balance": format(one["balance"], "f")}
                | {"equity": value_of(one["equity"]), "drawdown": one["drawdown"]}
                for one in found.points
            ],
        }


def made(
    log: RecordedLog, request: Request, letters: DeadLetters, signed: Signed | None, path: Path | None
) -> Report:
    """The report. `signed` are the signed checkpoints in `path`, with which the log is compared.

    Raises InvalidInput for what the log does not have, LogCorrupt and ProofRefused where the log and a checkpoint
    differ, and the errors of the log and of the store of dead letters.
    """
    upto = read_upto(log, request.upto)
    book, found = read_book(log, request, upto)
    first = _first(log).envelope
    return Report(
        log_id=str(log_id_of(log)),
        kind=kind_of(log),
        synthetic=isinstance(first.event, LogOpened) and first.event.synthetic,
        figures=found,
        actions=trail(found.actions, book.events, log.read),
        incidents=trail(found.incidents, book.events, log.read),
        latency=list(spreads(found.samples)),
        letters=_letters(letters, found) if found.scope.is_whole else (),
        standing=standing(log, upto, signed, path),
    )


def value_of(value: Any) -> Any:
    """The value of a column in JSON types: amounts as text in plain notation, times in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return iso(value) if isinstance(value, datetime) else value


def read_book(log: RecordedLog, request: Request, upto: int) -> tuple[Book, Figures]:
    """The figures of what is requested, and the book that they were read with.

    Raises InvalidInput for what the log does not have.
    """
    account = _account(log, request.account, upto)
    book = Book(account, request.period, _scope(log, request, upto))
    return book, book.read(log.read(0, upto))


def kind_of(log: RecordedLog) -> str:
    """LIVE, DEMO or BACKTEST. The log has an event."""
    first = _first(log).envelope
    if is_backtest(first):
        return BACKTEST
    return LIVE if is_live(first) else DEMO


def read_upto(log: RecordedLog, upto: int | None) -> int:
    """The ordinal of the last event that is read: `upto`, or the log's head. Raises InvalidInput for no such event."""
    head = log.head()
    if upto is not None and not 1 <= upto <= head:
        raise InvalidInput(f"the log has events 1 to {head}; there is none with the ordinal {upto}")
    if not head:
        raise InvalidInput("the log has no events yet, so there is nothing to report")
    return head if upto is None else upto


def _first(log: RecordedLog) -> Recorded:
    return next(iter(log.read(0, 1)))


def _account(log: RecordedLog, account: str, upto: int) -> str:
    """The account, by default the only one that was opened. The log is read for it only where none is given."""
    if account:
        return account
    known = list(dict.fromkeys(accounts_in(log.read(0, upto))))
    if len(known) != 1:
        raise InvalidInput(
            f"the log has the accounts {', '.join(known)}: name one with --account"
            if known
            else "no account was opened in this log, so there is nothing to report"
        )
    return known[0]


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
        sums = {name: value_of(row[name]) for name in _OF_A_GROUP}
        yield value, sums | {name: value_of(one) for name, one in figures(row).items()}


def _text(row: TableRow | None, name: str) -> str | None:
    return None if row is None or row[name] is None else format(row[name], "f")
