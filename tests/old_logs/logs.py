"""The logs of earlier versions, and the differences between old and new output for the same event."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from adapters.avro import iso, to_json
from adapters.avro.codec import AvroCodec
from adapters.log.mark_rows import HEAD, MARKS
from adapters.log.sealing import seal_sqlite
from adapters.log.sqlite import read_sqlite
from adapters.marks.key_folder import KeyFolder
from domain.log import Recorded, event_id

FOLDER = Path(__file__).parent
LOGS = ("tape", "plain", "by_hand", "arms", "people")
TAPES: Mapping[str, Sequence[str]] = {
    "tape": ("BTCUSDT_5m.csv", "ETHUSDT_5m.csv"),
    "plain": ("SOLUSDT_5m.csv",),
    "arms": ("../plain/SOLUSDT_5m.csv",),
}

Json = dict[str, Any]


def as_printed(name: str) -> Sequence[Json]:
    """The events in the output of the version that wrote them."""
    lines = (FOLDER / name / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def sealed(path: Path) -> Path:
    """The log in this file, whose events a person has accepted; marks that it has are made anew."""
    with closing(sqlite3.connect(path)) as connection:
        for table in (MARKS, HEAD):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.commit()
    assert seal_sqlite(path, AvroCodec(), KeyFolder())
    return path


def copy_of(name: str, folder: Path, upto: int | None = None) -> Path:
    """A writable copy of the log, cut after the event `upto`."""
    path = folder / "log.db"
    shutil.copy(FOLDER / name / "log.db", path)
    if upto is not None:
        shorten(path, upto)
    return path


def shorten(path: Path, upto: int) -> None:
    """Removes the events after `upto` from the log in this file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM stored_events WHERE rowid > ?", (upto,))
        connection.commit()


def read(path: Path) -> Sequence[Recorded]:
    """Every event of the log in this file."""
    with closing(read_sqlite(path, AvroCodec())) as reader:
        return list(reader.read())


def stored(path: Path) -> Sequence[bytes]:
    """The bytes of every event in this file, as they are stored."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM stored_events ORDER BY rowid")]


def printed(recorded: Recorded) -> Json:
    """The event as JSON, with the keys of the committed files."""
    meta = recorded.envelope.meta
    return {
        "position": recorded.ordinal,
        "stream": meta.stream,
        "version": meta.version,
        "type": type(recorded.envelope.event).__name__,
        "event_id": str(meta.event_id),
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "occurred_at": iso(meta.occurred_at),
        "recorded_at": iso(meta.recorded_at),
        "account": meta.account,
        "actor": meta.actor,
        "source": meta.source,
        "schema_version": meta.schema_version,
        "data": to_json(recorded.envelope.event),
    }


def instants(lines: Sequence[Json]) -> Sequence[int]:
    """The ordinal of the last event of each instant; a stopped log ends with one of these events."""
    following = [line["recorded_at"] for line in lines[1:]]
    return [
        line["position"]
        for line, after in zip(lines, [*following, ""], strict=True)
        if line["recorded_at"] != after
    ]


def differences(old: Sequence[Json], new: Sequence[Json], *, written_anew: bool = False) -> Iterator[str]:
    """The values that a newer version reads or writes differently, one line for each.

    Fields in `ADDED` are not differences. `written_anew` also allows a newer schema version and events of the classes
    in `LATER_EVENTS`, for events that the current version has written.
    """
    if written_anew:
        old, new = without_later_events(old), without_later_events(new)
    if len(old) != len(new):
        yield f"{len(old)} events then, {len(new)} now"
    for then, now in zip(old, new, strict=False):
        where = f"{then['position']} {then['type']}"
        compared = _under_the_old_policy(then, now) if written_anew else now
        yield from _of_objects(where, then, compared, {"schema_version"} if written_anew else set())


LATER_EVENTS = frozenset(
    {
        "AccountMarked",
        "PositionClosing",
        "PositionCloseFailed",
        "PositionCloseRetried",
        "PositionCloseWithdrawn",
    }
)
"""Classes of events that were added after these logs were written."""


def without_later_events(lines: Sequence[Json]) -> Sequence[Json]:
    """The other events as they would be without the later ones, from the first event of a log on.

    Ordinals, versions and ids follow from the events before them, so they are computed again. An event that was caused
    by a later one has the cause of that one.
    """
    log_id = UUID(lines[0]["data"]["log_id"])
    known: dict[str, str] = {}
    versions: Counter[str] = Counter()
    kept: list[Json] = []
    for line in lines:
        stated: str = line["causation_id"]
        cause = known.get(stated, stated)
        if line["type"] in LATER_EVENTS:
            known[line["event_id"]] = cause
            continue
        versions[line["stream"]] += 1
        version = versions[line["stream"]]
        known[line["event_id"]] = str(event_id(log_id, line["stream"], version))
        again = {"position": len(kept) + 1, "version": version, "event_id": known[line["event_id"]]}
        kept.append({**line, **again, "causation_id": cause})
    return kept


LATER_MEMBERS = frozenset({"holder", "breakers"})
"""Members of the committees that were added after these logs were written; they vote only in new decisions."""


def _under_the_old_policy(then: Json, now: Json) -> Json:
    """The new decision without later members' votes, with the old policy version, so that the rest can be compared."""
    if then["type"] != "DecisionMade" or now["type"] != "DecisionMade":
        return now
    if any(vote["member"] in LATER_MEMBERS for vote in then["data"]["votes"]):
        return now
    votes = [vote for vote in now["data"]["votes"] if vote["member"] not in LATER_MEMBERS]
    policy = {"votes": votes, "policy_version": then["data"]["policy_version"]}
    return {**now, "data": now["data"] | policy}


ADDED: Mapping[str, frozenset[str]] = {
    "LogOpened.data": frozenset({"simulator"}),
    "InstrumentListed.data": frozenset({"origin"}),
    "KillSwitchTripped.data": frozenset({"positions", "entries"}),
    "SettingsChanged.data.settings": frozenset(
        {
            "reverse_others",
            "orphans",
            "caps",
            "reconciliation",
            "on_opposite",
            "flips",
            "intents",
            "filters",
            "regimes",
            "margin",
            "groups",
            "limits",
            "weights",
            "leverage",
            "management",
            "models",
            "arms",
            "book",
            "venues",
        }
    ),
    "DecisionMade.data": frozenset({"arm"}),
    "SettingsChanged.data.settings.risk": frozenset({"on_kill", "on_daily_loss"}),
    "SettingsChanged.data.settings.strategies[]": frozenset(
        {
            "id",
            "strategy",
            "instruments",
            "interval",
            "minimum_trend",
            "minimum_reward_to_risk",
            "flips",
            "filters",
            "sizing",
            "limits",
            "management",
            "models",
            "book",
        }
    ),
    "SettingsChanged.data.settings.sizing": frozenset(
        {
            "cut_to_max_risk",
            "kelly_window",
            "kelly_multiplier",
            "kelly_cap",
            "kelly_fallback",
            "by_confidence",
        }
    ),
    "SettingsChanged.data.settings.management": frozenset(
        {
            "book_stop_at",
            "book_strong",
            "book_behind",
            "book_distance",
            "book_exit_share",
            "book_exit_distance",
        }
    ),
}
"""Fields that were added after these logs were written, by their path, which begins with `<type>.data`."""


def _of_objects(where: str, then: Json, now: Json, ignored: set[str]) -> Iterator[str]:
    place = where.partition(" ")[2]
    for key in sorted((then.keys() | now.keys()) - ignored):
        if key not in then and key in ADDED.get(place, ()):
            continue
        yield from _of_values(f"{where}.{key}", then.get(key), now.get(key))


def _of_values(where: str, then: object, now: object) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        yield from _of_objects(where, cast("Json", then), cast("Json", now), set())
    elif isinstance(then, list) and isinstance(now, list):
        yield from _of_lists(where, cast("list[object]", then), cast("list[object]", now))
    elif then != now:
        yield f"{where}: {then!r} then, {now!r} now"


def _of_lists(where: str, then: list[object], now: list[object]) -> Iterator[str]:
    if len(then) != len(now):
        yield f"{where}: {len(then)} then, {len(now)} now"
    for one, other in zip(then, now, strict=False):
        yield from _of_values(f"{where}[]", one, other)
