"""`whence status`: processes of a log with their states, and an exit code that states whether all are healthy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.processes.announcement import Announcement, HeldLease, ProcessRole
from adapters.processes.book import ProcessBook
from adapters.processes.place import ProcessPlace
from domain.errors import StoreUnavailable
from domain.held import SettingsHeld
from infra.config import WhenceSettings
from infra.held_settings import HeldSettings
from infra.logs import open_owned
from infra.processes import process_place
from infra.store import migrated_store, open_store
from projections.trading import TRADING
from tests.adapters.processes.announcements import ANNOUNCEMENT
from tests.infra.cli.conftest import Whence
from tests.projections.stores import WrittenLog, built
from tests.projections.test_trading import a_halted_day
from tests.replacing import replace


def engine(at: datetime | None = None) -> Announcement:
    """An engine's announcement at this time, now by default: one that was made when the tests were collected is old."""
    at = at or datetime.now(UTC)
    return replace(ANNOUNCEMENT, started_at=at - timedelta(hours=2), at=at)


@pytest.fixture
def place(whence: Whence) -> Iterator[ProcessPlace]:
    """The store of a log with a few events."""
    settings = WhenceSettings()
    with closing(open_owned(settings)), migrated_store(settings):
        place = process_place(settings)
    assert place is not None
    with closing(place):
        yield place


def test_healthy_and_ended_processes_are_listed_and_end_with_0(whence: Whence, place: ProcessPlace) -> None:
    place.announce(engine())
    api = replace(engine(), id="1" * 32, role=ProcessRole.API, name="127.0.0.1:8000", behind=3)
    place.announce(replace(api, has_ended=True))
    shown = whence("status")
    assert shown.code == 0, shown.err
    for word in ("engine main", "HEALTHY", "desk 4711", "1.2.3", "2 h", "1,042", "ENDED: it was stopped"):
        assert word in shown.out
    trading, serving = json.loads(whence("status", "--json").out)
    assert (trading["role"], trading["state"], trading["ordinal"], trading["reason"]) == (
        "engine",
        "HEALTHY",
        1_042,
        "",
    )
    assert (serving["name"], serving["state"], serving["behind"]) == ("127.0.0.1:8000", "ENDED", 3)


def test_the_accounts_that_a_node_holds_are_listed_with_its_machine_and_since_when(
    whence: Whence, place: ProcessPlace
) -> None:
    at = datetime.now(UTC)
    since = at - timedelta(minutes=7)
    place.announce(replace(engine(at), role=ProcessRole.NODE, name="", leases=(HeldLease("beta", 3, since),)))
    shown = whence("status")
    assert shown.code == 0, shown.err
    assert re.search(rf"beta +3 +desk 4711 +HEALTHY +{since:%Y-%m-%d %H:%M:%S} +7 min", shown.out), shown.out
    (node,) = json.loads(whence("status", "--json").out)
    assert (node["role"], node["leases"]) == (
        "node",
        [{"account": "beta", "partition": 3, "since": since.isoformat()}],
    )


def test_a_silent_process_is_listed_with_the_time_of_its_last_announcement_and_ends_with_1(
    whence: Whence, place: ProcessPlace
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    place.announce(engine(at))
    shown = whence("status")
    assert shown.code == 1
    assert "engine main: SILENT: it has announced nothing since " in shown.out
    (stated,) = json.loads(whence("status", "--json").out)
    assert stated["announced_at"] == at.isoformat()


def test_nothing_that_a_forged_announcement_states_is_shown(
    whence: Whence, place: ProcessPlace, tmp_path: Path
) -> None:
    others = Signer(KeyFolder(tmp_path / "others"))
    with closing(ProcessBook(open_store(WhenceSettings()), others)) as forged:
        forged.announce(replace(engine(), name="forged", fault="forged"))
    shown = whence("status")
    assert shown.code == 1
    assert "UNVERIFIED: it is signed with key" in shown.out
    assert "forged" not in shown.out
    (stated,) = json.loads(whence("status", "--json").out)
    assert (stated["state"], stated["role"], stated["name"]) == ("UNVERIFIED", None, None)


def test_without_a_store_no_process_is_listed_and_none_is_made(whence: Whence, tmp_path: Path) -> None:
    with closing(open_owned(WhenceSettings())):
        before = sorted(tmp_path.iterdir())
    shown = whence("status")
    assert (shown.code, shown.out) == (0, "")
    assert "no process has announced itself" in shown.err
    assert not [one for one in tmp_path.iterdir() if one not in before and one.suffix == ".db"]


def test_held_changes_of_settings_are_counted_below_the_processes(
    whence: Whence, place: ProcessPlace
) -> None:
    history = a_halted_day()
    held = next(i for i, one in enumerate(history.envelopes) if isinstance(one.event, SettingsHeld))
    with migrated_store(WhenceSettings()) as store:
        built(store, WrittenLog(history.envelopes[: held + 1]), {"trading": TRADING})
    place.announce(engine())
    shown = whence("status")
    assert shown.code == 0, shown.err
    assert "account main: 2 changes of settings held since 2025-04-03 12:00:00 UTC" in shown.out


def test_a_store_that_does_not_answer_hides_no_process(
    whence: Whence, place: ProcessPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Kafka the processes announce themselves over a topic, not in the store."""

    def unanswered(_settings: WhenceSettings) -> Sequence[HeldSettings]:
        raise StoreUnavailable("the store does not answer")

    place.announce(engine())
    monkeypatch.setattr("infra.held_settings.held_settings", unanswered)
    shown = whence("status")
    assert (shown.code, "engine main" in shown.out) == (0, True)
    assert "whether changes of settings are held is not known: the store does not answer" in shown.err


def test_a_store_without_read_models_has_no_held_changes(whence: Whence, place: ProcessPlace) -> None:
    place.announce(engine())
    assert "of settings held" not in whence("status").out
