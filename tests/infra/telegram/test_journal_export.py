"""The export of the journal: the whole filter in pages, its files and their names, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram.settings import Language
from infra.telegram import journal_export
from infra.telegram.api import ApiDown, ApiRefused
from infra.telegram.journal_export import COUNT_QUERY, MOST_EVENTS, Extent, file_name, parts_of
from infra.telegram.screens.journal import Wanted
from infra.telegram.words import words_of
from tests.infra.telegram.test_desk import VIEWER, Bench

pytestmark = pytest.mark.anyio
ACCOUNTS = ({"account": "main", "openedBy": "paper-live"},)


def event(ordinal: int) -> Mapping[str, Any]:
    at = f"2026-03-0{1 + ordinal // 300}T12:00:00+00:00"
    return {
        "ordinal": ordinal,
        "id": f"e{ordinal}",
        "occurredAt": at,
        "recordedAt": at,
        "account": "main",
        "type": "OrderFilled",
        "stream": "order-main-1",
        "version": 1,
        "chainId": "c",
        "causeId": "e0",
        "actor": "engine",
        "source": "test",
        "line": '=HYPERLINK("x")' if ordinal == 1 else f"filled, number {ordinal}",
    }


class Journal:
    """The API of a journal with `count` events; `refused` is raised by the next queries of pages."""

    def __init__(self, count: int) -> None:
        self.count, self.refused = count, list[ApiRefused]()
        self.where: list[Any] = []

    async def execute(
        self, document: str, variables: Mapping[str, Any], *caller: object
    ) -> Mapping[str, Any]:
        where = variables["where"]
        self.where.append(where)
        if document == COUNT_QUERY:
            last = [{"node": {"ordinal": self.count}}] if self.count else []
            return {"accounts": ACCOUNTS, "journal": {"totalCount": self.count, "edges": last}}
        if self.refused:
            raise self.refused.pop(0)
        self.count += 1  # the log grows meanwhile
        first = where["afterOrdinal"] + 1
        found = range(first, min(first + 200, where["uptoOrdinal"] + 1))
        return {"journal": {"edges": [{"node": event(n)} for n in found]}}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(journal_export, "_RATE_WAITS", (0.0,))
    return Bench(tmp_path)


async def exported(bench: Bench, journal: Journal, argument: str = "") -> None:
    bench.outside.api = journal
    await bench.tap(VIEWER, f"export:{argument}")


async def test_an_export_has_every_event_of_the_filter_as_of_its_begin_and_not_its_page(bench: Bench) -> None:
    journal = Journal(450)
    await exported(bench, journal, "fill btc <40")
    ((chat, alert),) = bench.outside.alerts
    file = alert.shown(False).file
    assert file is not None
    rows = list(csv.DictReader(StringIO(file.body.decode())))
    assert [int(row["ordinal"]) for row in rows] == list(range(1, 451))
    assert (rows[0]["line"], rows[1]["line"]) == ('\'=HYPERLINK("x")', "filled, number 2")
    assert rows[0]["occurred_at"].startswith("2026-03-01T12:00:00")
    assert {(one["search"], *one["types"]) for one in journal.where} == {("btc", "OrderFilled")}
    assert (chat, alert.alone) == (VIEWER, True)
    assert alert.shown(True).text.plain.splitlines() == [
        "Journal  [DEMO] main",
        "Fills: btc",
        "450 events, part 1 of 1",
        "This may be a repeat: the reply to an earlier message was lost.",
    ]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "No event is found."), (MOST_EVENTS + 1, "has room for 50,000")]
)
async def test_an_empty_and_a_too_large_filter_are_refused(bench: Bench, count: int, shown: str) -> None:
    await exported(bench, Journal(count))
    assert shown in bench.outside.answers[-1]
    assert bench.outside.alerts == []


async def test_an_export_waits_for_the_limit_of_requests_and_fails_by_other_faults(bench: Bench) -> None:
    journal = Journal(10)
    journal.refused = [ApiRefused("RATE_LIMITED", "too many requests")]
    await exported(bench, journal)
    assert len(bench.outside.alerts) == 1
    journal.refused = [ApiRefused("FORBIDDEN", "the token has another role")]
    await exported(bench, journal)
    assert len(bench.outside.alerts) == 1
    assert bench.shown == "The API refused this: the token has another role"


async def test_an_export_without_the_api_shows_that(bench: Bench) -> None:
    bench.outside.faults.append(ApiDown("no answer"))
    await bench.tap(VIEWER, "export:")
    assert bench.shown == "The API cannot be reached. Try again."


async def test_a_late_export_is_refused(bench: Bench) -> None:
    await bench.tap(VIEWER, "export:", is_late=True)
    assert bench.outside.sent == []


def rows(count: int) -> list[dict[str, Any]]:
    """The events by the names of the columns."""
    named = {
        "occurredAt": "occurred_at",
        "recordedAt": "recorded_at",
        "chainId": "chain_id",
        "causeId": "cause_id",
    }
    return [{named.get(name, name): one for name, one in event(n).items()} for n in range(1, count + 1)]


def test_a_file_beyond_the_limit_is_split_and_every_part_has_the_heads() -> None:
    parts = parts_of(rows(40), 2_000)
    assert [row["ordinal"] for part, _ in parts for row in part] == list(range(1, 41))
    assert all(len(body) <= 2_000 and body.startswith(b"ordinal,id,") for _, body in parts)
    assert len(parts) > 2


@pytest.mark.parametrize(
    ("accounts", "wanted", "part", "name"),
    [
        (ACCOUNTS, Wanted(), 0, "DEMO-main-20260301T120000Z-20260302T120000Z"),
        (
            ACCOUNTS,
            Wanted("fill", "a/b ../c"),
            2,
            "DEMO-main-20260301T120000Z-20260302T120000Z-fill-a_b_.._c-part2",
        ),
        (
            ({"account": "one", "openedBy": "live"}, {"account": "two", "openedBy": "live"}),
            Wanted(),
            0,
            "LIVE-one-two-20260301T120000Z-20260302T120000Z",
        ),
    ],
)
def test_a_file_names_accounts_kind_of_run_span_and_filter(
    accounts: tuple[Mapping[str, Any], ...], wanted: Wanted, part: int, name: str
) -> None:
    extent = Extent(wanted, 400, 400, accounts)
    assert file_name(extent, rows(400), part) == f"whence-journal-{name}.csv"


def test_the_count_of_an_export_has_the_forms_of_russian() -> None:
    words = words_of(Language.RU)
    found = [words("export-events", n=n, part=1, parts=1).partition(",")[0] for n in (1, 3, 5)]
    assert found == ["1 событие", "3 события", "5 событий"]


async def test_an_export_has_the_chosen_account_alone(bench: Bench) -> None:
    bench.file.state.accounts[VIEWER] = "main"
    journal = Journal(3)
    await exported(bench, journal, "fill")
    assert {one["account"] for one in journal.where} == {"main"}
