"""The events of the journal under a filter as CSV documents: the whole filter, not the page that is shown."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from adapters.exports.sheet import Sheet
from adapters.exports.text_forms import write_csv
from adapters.telegram.alert import Alert
from adapters.telegram.content import MOST_BYTES, Content, File, FileKind
from adapters.telegram.level import Level
from adapters.telegram.text import MOST_CAPTION, Text, bold, italic, lines
from infra.reports.place import joined
from infra.telegram.api import Api, ApiRefused
from infra.telegram.people import Person
from infra.telegram.screens.accounts import narrowed
from infra.telegram.screens.figures import badge, kinds
from infra.telegram.screens.journal import EXPORT, Wanted, where_of
from infra.telegram.words import Words
from projections.columns import COUNT, MOMENT, TEXT, Kind
from projections.projection import Row

MOST_EVENTS: Final = 50_000
"""The most events of an export; `whence export` has no limit."""
_PAGE: Final = 200
_MOST_NAMED: Final = 3
"""The most accounts that a file's name has; of more it has their number."""
_LONGEST_WORDS: Final = 40
"""Characters of the searched words in a file's name."""
_WITHOUT_BRACKETS: Final = str.maketrans("", "", "[]")
_RATE_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds after each refusal of one page by the API's limit of requests; after the last one the export fails."""
_COLUMNS: Final[Mapping[str, Kind]] = {
    "ordinal": COUNT,
    "id": TEXT,
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "account": TEXT,
    "type": TEXT,
    "stream": TEXT,
    "version": COUNT,
    "chain_id": TEXT,
    "cause_id": TEXT,
    "actor": TEXT,
    "source": TEXT,
    "line": TEXT,
}
COUNT_QUERY: Final = """query ($where: EventFilter!) {
  accounts { account openedBy }
  journal(where: $where, direction: DESC, first: 1) { totalCount edges { node { ordinal } } }
}"""
PAGE_QUERY: Final = f"""query ($where: EventFilter!) {{
  journal(where: $where, direction: ASC, first: {_PAGE}) {{ edges {{ node {{
    ordinal id occurredAt recordedAt account type stream version chainId causeId actor source line
  }} }} }}
}}"""


@dataclass(frozen=True, slots=True)
class Extent:
    """What an export has: the filter with the account, empty for all, the number of its events, the ordinal of the last
    one, and the accounts."""

    wanted: Wanted
    events: int
    upto: int
    accounts: Sequence[Mapping[str, Any]]
    account: str = ""

    @property
    def where(self) -> dict[str, object]:
        """The filter of the API."""
        return _where(self.wanted, self.account)


def _where(wanted: Wanted, account: str) -> dict[str, object]:
    return where_of(wanted) | ({"account": account} if account else {})


async def extent_of(api: Api, person: Person, wanted: Wanted, account: str = "") -> Extent:
    """The extent of the filter as of now, on all pages. Raises ApiFault."""
    whole = replace(wanted, place="")
    data = await api.execute(COUNT_QUERY, {"where": _where(whole, account)}, person.role, person.user)
    edges = data["journal"]["edges"]
    upto = edges[0]["node"]["ordinal"] if edges else 0
    accounts = narrowed(data, account)["accounts"]
    return Extent(whole, data["journal"]["totalCount"], upto, accounts, account)


async def exported(api: Api, person: Person, extent: Extent, words: Words) -> Sequence[Alert]:
    """The documents of the export on their way to a chat, in the order of the log. Raises ApiFault."""
    rows = await _rows(api, person, extent)
    return await asyncio.to_thread(_documents, rows, extent, words)


async def _rows(api: Api, person: Person, extent: Extent) -> Sequence[Row]:
    rows: list[Row] = []
    after = 0
    while after < extent.upto:
        where = {**extent.where, "afterOrdinal": after, "uptoOrdinal": extent.upto}
        data = await _page(api, person, where)
        found = [edge["node"] for edge in data["journal"]["edges"]]
        rows += map(_row, found)
        after = found[-1]["ordinal"] if len(found) == _PAGE else extent.upto
    return rows


async def _page(api: Api, person: Person, where: Mapping[str, object]) -> Mapping[str, Any]:
    """One page; it waits where the API's limit of requests is reached."""
    for wait in _RATE_WAITS:
        try:
            return await api.execute(PAGE_QUERY, {"where": where}, person.role, person.user)
        except ApiRefused as fault:
            if fault.code != "RATE_LIMITED":
                raise
        await asyncio.sleep(wait)
    return await api.execute(PAGE_QUERY, {"where": where}, person.role, person.user)


def _row(event: Mapping[str, Any]) -> Row:
    """The event by the names of the columns, which are those of the API in lower case."""
    return {name: event[re.sub("_(.)", lambda found: found[1].upper(), name)] for name in _COLUMNS}


def _documents(rows: Sequence[Row], extent: Extent, words: Words) -> Sequence[Alert]:
    parts = parts_of(rows, MOST_BYTES[FileKind.DOCUMENT])
    own = secrets.token_hex(8)
    return [_document(f"{EXPORT}-{own}-{n}", n, parts, extent, words) for n in range(len(parts))]


def parts_of(rows: Sequence[Row], most: int) -> Sequence[tuple[Sequence[Row], bytes]]:
    """The rows in CSV files of at most `most` bytes each, each with its own row of heads."""
    written = BytesIO()
    write_csv(Sheet(_COLUMNS, rows), written)
    if written.tell() <= most or len(rows) < 2:
        return [(rows, written.getvalue())]
    half = len(rows) // 2
    return [*parts_of(rows[:half], most), *parts_of(rows[half:], most)]


def _document(
    name: str,
    n: int,
    parts: Sequence[tuple[Sequence[Row], bytes]],
    extent: Extent,
    words: Words,
) -> Alert:
    rows, body = parts[n]
    file = File(FileKind.DOCUMENT, file_name(extent, rows, n + 1 if len(parts) > 1 else 0), body)
    head = bold(words("screen-journal")) + f"  {badge(extent.accounts)}".rstrip()
    about = words(f"journal-{extent.wanted.kind}") + (
        f": {extent.wanted.words}" if extent.wanted.words else ""
    )
    counted = words("export-events", n=len(rows), part=n + 1, parts=len(parts))

    def shown(may_repeat: bool) -> Content:  # noqa: FBT001
        doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
        return Content(lines([head, Text(about).cut(300), counted, *doubt]).cut(MOST_CAPTION), file=file)

    return Alert(name, Level.MEDIUM, None, shown, file.name, alone=True)


def file_name(extent: Extent, rows: Sequence[Row], part: int) -> str:
    """As `whence-journal-DEMO-main-20260301T000000Z-20260302T120000Z-fill-BTCUSDT.csv`: kind of run, accounts, times of
    the first and the last event, the filter, and the part where there are several (0: one)."""
    accounts = [str(one["account"]) for one in extent.accounts]
    named = accounts if len(accounts) <= _MOST_NAMED else [f"{len(accounts)}-accounts"]
    run = kinds(extent.accounts).translate(_WITHOUT_BRACKETS)
    kind = "" if extent.wanted.kind == "all" else extent.wanted.kind
    span = (_moment(rows[0]), _moment(rows[-1]))
    words = extent.wanted.words[:_LONGEST_WORDS]
    return joined("journal", run, *named, *span, kind, words, f"part{part}" if part else "") + ".csv"


def _moment(row: Row) -> str:
    return f"{datetime.fromisoformat(row['occurred_at']).astimezone(UTC):%Y%m%dT%H%M%SZ}"
