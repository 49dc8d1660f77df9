"""The current version reads, projects and resumes the logs of earlier versions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from adapters.avro.codec import AvroCodec
from adapters.log.address import SqliteAddress
from adapters.log.sqlite import open_sqlite, read_sqlite
from commands.door import Completed
from commands.request import ClosePosition, Request, Requested, ReviewSettings, SubmitSettings
from domain.held import Review, id_of
from domain.settings import Settings
from infra.run.beginning import Beginning
from infra.run.manual import ManualRun
from infra.run.stake import Stake
from projections.bookkeeping import METADATA
from projections.chain import missing_causes
from projections.store import prepare, writing
from tests.old_logs.logs import (
    FOLDER,
    LOGS,
    TAPES,
    as_printed,
    copy_of,
    differences,
    instants,
    printed,
    read,
    sealed,
    shorten,
    without_later_events,
)
from tests.projections.stores import all_rows, built

_ROOT = Path(__file__).parents[2]


def resume(name: str, log: Path) -> subprocess.CompletedProcess[str]:
    """`whence paper` on the tape and the settings of the old log, which is sealed before."""
    sealed(log)
    files = [str(FOLDER / name / file) for file in TAPES[name]]
    config = str(FOLDER / name / "whence.toml")
    program = [sys.executable, "-c", "from infra.cli import main; main()"]
    words = ["paper", "--candles", *files, "--config", config, "--log", f"sqlite:///{log}", "--json"]
    return subprocess.run(
        [*program, *words],
        cwd=log.parent,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("name", LOGS)
def test_an_old_log_is_read_as_it_was_written(name: str) -> None:
    events = read(FOLDER / name / "log.db")
    assert list(differences(as_printed(name), [printed(one) for one in events])) == []
    assert list(missing_causes(events)) == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(create_engine(f"sqlite:///{tmp_path / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", LOGS)
def test_an_old_log_is_projected_without_a_parked_event(name: str, store: Engine) -> None:
    """The read models hold the fills, fees and results that the committed JSON contains."""
    old = as_printed(name)
    fills = [line["data"] for line in old if line["type"] == "OrderFilled"]
    closed = [line["data"] for line in old if line["type"] == "PositionClosed"]
    with closing(read_sqlite(FOLDER / name / "log.db", AvroCodec())) as log:
        models = built(store, log)
        with models.now() as source:
            found = all_rows(source, "fills", ("account", "execution_id")).values()
            positions = all_rows(source, "positions", ("account", "id")).values()
    assert sum(row["fee"] for row in found) == sum(Decimal(fill["fee"]) for fill in fills)
    assert len(found) == len(fills)
    assert sum(row["net"] for row in positions if row["closed_at"]) == sum(
        Decimal(one["net"]) for one in closed
    )


@pytest.mark.parametrize("part", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
def test_an_old_log_that_was_cut_is_resumed_to_the_same_events(part: float, tmp_path: Path) -> None:
    old = as_printed("plain")
    ends = instants(old)
    log = copy_of("plain", tmp_path, ends[round(part * (len(ends) - 1))])
    done = resume("plain", log)
    assert done.returncode == 0, done.stderr
    resumed = [printed(one) for one in read(log)]
    assert list(differences(old, resumed, written_anew=True)) == []


@pytest.mark.parametrize("part", [0.3, 1.0])
def test_an_old_log_of_many_rules_is_resumed_to_the_same_events(part: float, tmp_path: Path) -> None:
    """Both arms, the manager, regimes, weights and pauses go on; its end is a change of settings by a person."""
    old = as_printed("arms")
    ends = instants(old)
    log = copy_of("arms", tmp_path, ends[round(part * (len(ends) - 1))])
    done = resume("arms", log)
    assert done.returncode == 0, done.stderr
    made = old if part == 1.0 else old[:-1]
    assert old[-1]["type"] == "SettingsChanged"
    assert list(differences(made, [printed(one) for one in read(log)], written_anew=True)) == []


def test_an_old_log_has_marks_from_its_resumption_on_wherever_it_stops_again(tmp_path: Path) -> None:
    """The recorded part has no marks, and it leads to none when it is recalled a second time."""
    old = as_printed("plain")
    cut = instants(old)[len(instants(old)) // 2]
    log = copy_of("plain", tmp_path, cut)
    assert resume("plain", log).returncode == 0
    whole = [printed(one) for one in read(log)]
    assert next(line["position"] for line in whole if line["type"] == "AccountMarked") > cut
    ends = [end for end in instants(whole) if end > cut]
    for end in (ends[0], ends[len(ends) // 3], ends[-1]):
        shorten(log, end)
        assert resume("plain", log).returncode == 0
        assert [printed(one) for one in read(log)] == whole


def test_an_old_log_with_requests_is_resumed_at_its_end(tmp_path: Path) -> None:
    log = copy_of("tape", tmp_path)
    done = resume("tape", log)
    assert done.returncode == 0, done.stderr
    assert list(differences(as_printed("tape"), [printed(one) for one in read(log)])) == []


REVERSING, REVERSED = 86, 92
"""The range of events in the log `tape` in which the strategy closes a person's position; no strategy does so now."""


def test_an_old_log_with_requests_is_resumed_before_its_last_request(tmp_path: Path) -> None:
    """Signals after the cut lead to the same events again, on the balance after the requests."""
    old = as_printed("tape")
    requests = [line["position"] for line in old if line["causation_id"].startswith("command:")]
    ends = [end for end in instants(old) if REVERSED < end < requests[-1]]
    for cut in (ends[0], ends[len(ends) // 2], ends[-1]):
        log = copy_of("tape", tmp_path, cut)
        done = resume("tape", log)
        assert done.returncode == 0, done.stderr
        resumed = [printed(one) for one in read(log)]
        assert list(differences(old[: requests[-1] - 1], resumed, written_anew=True)) == []


def test_an_old_log_resumed_before_the_reversal_of_a_persons_position_keeps_it(tmp_path: Path) -> None:
    """The resumed log equals the old log up to the decision on the signal that reversed the position."""
    old = as_printed("tape")
    log = copy_of("tape", tmp_path, max(end for end in instants(old) if end <= REVERSING))
    done = resume("tape", log)
    assert done.returncode == 0, done.stderr
    resumed = without_later_events([printed(one) for one in read(log)])
    found = (line["data"] for line in resumed if line["type"] == "DecisionMade")
    kept = next(decision for decision in found if decision["reasons"] == ["HELD_BY_PERSON"])
    decided = next(line["position"] for line in resumed if line["data"] is kept)
    assert old[decided - 1]["data"]["verdict"] == "CLOSE"
    assert list(differences(old[: decided - 1], resumed[: decided - 1], written_anew=True)) == []


def test_an_old_log_without_a_tape_is_continued_by_hand(tmp_path: Path) -> None:
    path = sealed(copy_of("by_hand", tmp_path))
    at = [datetime(2026, 3, 2, 0, 0, 20, tzinfo=UTC)]
    beginning = Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(5)), Settings())
    with closing(open_sqlite(SqliteAddress(path).path, AvroCodec())) as log:
        run = ManualRun(log, beginning, lambda _envelope: None, clock=lambda: at[0])
        assert _held(run) == ["position-paper-ETHUSDT-LINEAR.BYBIT-LONG-1"]
        _let_pass(run, at, 2)
        entries = {entry.instrument: entry for entry in run.world.portfolio.entries.values()}
        assert entries["SOLUSDT-LINEAR.BYBIT"].price == Decimal("154.5"), (
            "the amendment without a response was sent again"
        )
        request = ClosePosition(_held(run)[0], "the old log goes on")
        answer = run.answer(
            Requested(
                id="close2",
                account="paper",
                actor="eve",
                valid_until=at[0] + timedelta(minutes=1),
                request=request,
            )
        )
        assert isinstance(answer, Completed)
        _let_pass(run, at, 2)
        assert _held(run) == []
        run.close()
    events = read(path)
    assert list(differences(as_printed("by_hand"), [printed(one) for one in events][:66])) == []
    assert list(missing_causes(events)) == []


def test_an_old_log_of_people_of_telegram_is_continued_by_them_with_held_settings(tmp_path: Path) -> None:
    old = as_printed("people")
    path = sealed(copy_of("people", tmp_path))
    at = [datetime(2026, 3, 1, 12, 1, tzinfo=UTC)]
    beginning = Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(5)), Settings())

    def answered(actor: str, request: Request) -> None:
        at[0] += timedelta(seconds=1)
        answer = run.answer(
            Requested(
                id=f"later-{at[0]:%S}",
                account="paper",
                actor=actor,
                valid_until=at[0] + timedelta(minutes=1),
                request=request,
            )
        )
        assert isinstance(answer, Completed), answer

    with closing(open_sqlite(path, AvroCodec())) as log:
        run = ManualRun(log, beginning, lambda _envelope: None, clock=lambda: at[0])
        in_force = run.world.portfolio.settings
        assert (in_force.settings.risk.max_positions, in_force.held) == (3, ())
        assert [*run.world.portfolio.positions] == ["BTCUSDT-LINEAR.BYBIT"]
        answered("telegram:7", SubmitSettings({"risk.max_positions": "4"}, "one more"))
        (held,) = run.world.portfolio.settings.held
        assert (str(held), held.by) == ("risk.max_positions = 4 (before: 3)", "telegram:7")
        answered("telegram:8", ReviewSettings(id_of([held]), Review.APPLY, "agreed"))
        assert run.world.portfolio.settings.settings.risk.max_positions == 4
        answered("telegram:7", ClosePosition(_held(run)[0], "the old log goes on"))
        _let_pass(run, at, 2)
        assert _held(run) == []
        run.close()
    events = read(path)
    assert list(differences(old, [printed(one) for one in events][: len(old)])) == []
    assert list(missing_causes(events)) == []


def _held(run: ManualRun) -> Sequence[str]:
    return [held.stream for held in run.world.portfolio.positions.values()]


def _let_pass(run: ManualRun, at: list[datetime], seconds: int) -> None:
    for _second in range(seconds):
        at[0] += timedelta(seconds=1)
        run.attend()
