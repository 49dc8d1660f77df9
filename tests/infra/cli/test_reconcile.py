"""`whence reconcile`: the remedy of each kind is that of docs/live.md; what the log has of a difference is marked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.avro.moment import iso
from commands.by_a_person import BY_A_PERSON
from commands.endings import RESOLVED_BY_COMPARISONS
from commands.identity import ENGINE
from commands.reconciliation import recorded
from commands.remedies import REMEDIES
from domain.direction import Direction, Side
from domain.events import Event
from domain.log import Envelope
from domain.reconciliation import DiscrepancyEnded, DiscrepancyFound, DiscrepancyResolved, differences
from domain.reconciliation.differences import (
    BalanceDiffers,
    Difference,
    PositionSideDiffers,
    PositionUnknownToThem,
    TradingTermsDiffer,
)
from domain.reconciliation.statement import StatedPosition
from infra.cli.difference_rows import Row, lines, rows
from infra.run.recorded_discrepancies import RecordedDiscrepancies
from tests.commands.requests.test_outside_close import executed
from tests.domain.history import BTC, D
from tests.schemas.samples import META

OURS = StatedPosition(BTC, Direction.LONG, D(1))
_PAGE = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")
_TABLE = _PAGE.partition("| the id begins with `difference:` and |")[2].partition("\n\n")[0]
KINDS = {
    kind for kind in vars(differences).values() if isinstance(kind, type) and issubclass(kind, Difference)
}


def rows_of_page() -> Mapping[str, tuple[str, str]]:
    """What a person does first and then, by the name of the kind."""
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in _TABLE.splitlines()[2:]]
    return {name: (first, then) for kinds, first, then in cells for name in re.findall("`(.*?)`", kinds)}


def test_the_page_has_the_table_of_the_command() -> None:
    assert rows_of_page() == {kind.__name__: (one.first, one.then) for kind, one in BY_A_PERSON.items()}


def test_every_kind_has_a_remedy_of_a_person_or_of_the_engine() -> None:
    assert {*BY_A_PERSON, *REMEDIES} == KINDS - {Difference}


def test_those_that_resolve_themselves_are_those_that_a_comparison_resolves() -> None:
    by_themselves = {kind for kind, steps in BY_A_PERSON.items() if "comparison" in steps.then}
    assert by_themselves == {*RESOLVED_BY_COMPARISONS}


@pytest.mark.parametrize(
    "difference",
    [
        TradingTermsDiffer(subject=BTC, terms=("leverage 7",), expected="leverage 5"),
        PositionUnknownToThem(subject=BTC, ours=OURS),
        PositionSideDiffers(subject=BTC, ours=OURS, theirs=StatedPosition(BTC, Direction.SHORT, D(1))),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_difference_that_resolves_itself_is_printed_so(difference: Difference) -> None:
    printed = lines(rows([difference], RecordedDiscrepancies(), "bybit"))
    (line,) = (one for one in printed if "remedy" in one)
    assert "then nothing: the next comparison resolves it" in line
    assert "a person resolves it" not in line


FEE = BalanceDiffers(subject="USDT", ours=D(9000), theirs=D("8999.5"))
FEE_ID = "difference:BalanceDiffers:USDT:-0.5"
FOUND = DiscrepancyFound(FEE_ID, "USDT", recorded(FEE).found)
ACCEPTED = (FOUND, "ann", DiscrepancyResolved(FEE_ID, "a fee"))


def log_of(*given: Event | str) -> RecordedDiscrepancies:
    """The events in their order; a name before some is the actor of those that follow."""
    folded, actor = RecordedDiscrepancies(), ENGINE
    for one in given:
        if isinstance(one, str):
            actor = one
        else:
            folded.fold(Envelope(replace(META, actor=actor), one))
    return folded


def brief(given: Sequence[Row]) -> Sequence[tuple[str, str]]:
    return [(row["id"], row["status"]) for row in given]


def test_what_a_person_has_accepted_is_marked_with_who_and_why() -> None:
    listed = rows([FEE], log_of(*ACCEPTED), "bybit")
    assert brief(listed) == [(FEE_ID, "accepted")]
    (row,) = listed
    assert (row["resolved_by"], row["resolution"], row["resolved_at"]) == (
        "ann",
        "a fee",
        iso(META.occurred_at),
    )
    assert (row["remedy"], row["steps"]) == ("none: it was accepted", "")
    *_, status, remedy, number = lines(listed)
    assert status == f"  status:  accepted, {META.occurred_at:%Y-%m-%d %H:%M:%S} UTC by ann: a fee"
    assert (remedy, number) == ("  remedy:  none: it was accepted", "1 difference: 1 accepted")


def test_an_accepted_execution_has_no_steps_of_a_close_that_is_stated_beside_it() -> None:
    sold, gone = executed("s", D(1), D(100), Side.SELL), PositionUnknownToThem(subject=BTC, ours=OURS)
    record = recorded(sold)
    found = DiscrepancyFound(record.discrepancy_id, record.subject, record.found)
    log = log_of(found, "ann", DiscrepancyResolved(record.discrepancy_id, "looked at"))
    (row,) = (one for one in rows([sold, gone], log, "bybit") if one["status"] == "accepted")
    assert (row["remedy"], row["steps"]) == ("none: it was accepted", "")


def test_what_came_back_is_open_under_the_id_of_the_log() -> None:
    again = DiscrepancyFound(f"{FEE_ID}#2", "USDT", FOUND.found)
    listed = rows([FEE], log_of(*ACCEPTED, ENGINE, again), "bybit")
    assert brief(listed) == [(f"{FEE_ID}#2", "open")]


@pytest.mark.parametrize(
    "log",
    [
        log_of(),
        log_of(FOUND, ENGINE, DiscrepancyResolved(FEE_ID, "it is over")),
        log_of(*ACCEPTED, DiscrepancyEnded(FEE_ID)),
    ],
    ids=["never recorded", "resolved by the engine", "accepted, and over since"],
)
def test_what_nobody_has_accepted_is_new(log: RecordedDiscrepancies) -> None:
    assert brief(rows([FEE], log, "bybit")) == [(FEE_ID, "new")]


def test_a_missing_position_is_never_accepted() -> None:
    gone = PositionUnknownToThem(subject=BTC, ours=OURS)
    name = recorded(gone).discrepancy_id
    log = log_of(DiscrepancyFound(name, BTC, "x"), "ann", DiscrepancyResolved(name, "closed by hand"))
    assert brief(rows([gone], log, "bybit")) == [(name, "new")]


OTHER = "exchange:bybit:7f3a"


def test_a_close_by_hand_is_printed_in_the_order_in_which_it_is_resolved_and_nothing_is_to_be_cancelled() -> (
    None
):
    gone = PositionUnknownToThem(subject=BTC, ours=OURS)
    sold, bought = (executed(side, D(1), D(100), side) for side in (Side.SELL, Side.BUY))
    filled = DiscrepancyFound(OTHER, "v", "Filled of something this log does not know")
    cancelled = DiscrepancyFound(f"{OTHER}-2", "v", "Accepted of something this log does not know")
    known = (recorded(one) for one in (FEE, bought, sold, gone))
    opened = [DiscrepancyFound(one.discrepancy_id, one.subject, one.found) for one in known]
    listed = rows([FEE, bought, sold, gone], log_of(filled, cancelled, *opened), "bybit")
    assert [row["kind"] for row in listed] == [
        "PositionUnknownToThem",
        "ExecutionOfUnknownOrder",
        "ExecutionOfUnknownOrder",
        "Report",
        "Report",
        "BalanceDiffers",
    ]
    steps = {row["id"]: row["steps"] for row in listed}
    close = (
        "nothing, where this is the close of LONG 1 BTCUSDT-LINEAR.BYBIT; then resolve, after the Position"
    )
    assert steps["difference:ExecutionOfUnknownOrder:SELL"].startswith(close)
    assert steps[OTHER].startswith(close)
    assert steps["difference:ExecutionOfUnknownOrder:BUY"].startswith("close what is not the log's")
    assert steps[f"{OTHER}-2"].startswith("cancel the order")
    assert steps[FEE_ID].startswith("resolve the PositionUnknownToThem with closedAt; then nothing")


AMENDED = "difference:OrderAmendedOutside:a-e1:quantity 2"
STALE = "difference:ExecutionOfUnknownOrder:bybit:9"


@pytest.mark.parametrize(
    ("name", "kind", "remedy", "steps"),
    [
        (FEE_ID, "BalanceDiffers", "the engine", "nothing differs there any more; then nothing"),
        (STALE, "ExecutionOfUnknownOrder", "a person", "nothing differs there any more; then resolve"),
        (OTHER, "Report", "a person", "cancel the order, or permit its adoption; then resolve"),
        (AMENDED, "OrderAmendedOutside", "a person", "judge the order by its new terms"),
    ],
)
def test_what_is_open_in_the_log_and_over_at_the_exchange_is_listed_because_it_halts(
    name: str, kind: str, remedy: str, steps: str
) -> None:
    found: Event = DiscrepancyFound(name, "USDT", f"{kind}: it differed")
    (row,) = rows([], log_of(found), "bybit")
    assert (row["id"], row["status"], row["kind"], row["found"]) == (name, "open", kind, "it differed")
    assert (row["remedy"], row["steps"].startswith(steps)) == (remedy, True), row


def test_the_open_ones_come_first_and_are_counted() -> None:
    more = BalanceDiffers(subject="USDC", ours=Decimal(1), theirs=Decimal(2))
    listed = rows([FEE, more], log_of(DiscrepancyFound(STALE, "9", "x"), *ACCEPTED), "bybit")
    assert [row["status"] for row in listed] == ["open", "new", "accepted"]
    assert list(lines(listed))[-1] == "3 differences: 1 open, 1 new, 1 accepted"
