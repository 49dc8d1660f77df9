"""`whence log copy` and `whence log adopt`: a log in another storage, and which of the two may be written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from domain.errors import NotAdopted
from domain.log import Envelope, event_id
from domain.moving import LogMoved
from domain.opening import LogOpened, Mode
from infra.config import WhenceSettings, shown
from infra.logs import open_any, open_owned
from tests.adapters.log.days import day, days, opened
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled
from tests.journeys.program import WHENCE
from tests.journeys.runs import events_at
from tests.old_logs import logs as old
from tests.replacing import replace

ACCOUNT = "account-main"
EVENTS = [opened(), *days(ACCOUNT, 1, 700)]
_ROOT = Path(__file__).parents[3]
AddressOf = Callable[[str, str], str]


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> AddressOf:
    """The address of a log of this kind and name, which does not exist yet."""

    def of(kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        if kind == "postgresql":
            return str(request.getfixturevalue("postgres_database"))
        servers, topic = (request.getfixturevalue(one) for one in ("kafka_bootstrap_servers", "kafka_topic"))
        return f"kafka://{servers}/{topic}.{name}"

    return of


def moves(address: str) -> Sequence[LogMoved]:
    return [one.envelope.event for one in events_at(address) if isinstance(one.envelope.event, LogMoved)]


def figures(whence: Whence, source: str, copy: str) -> object:
    """What a copying printed as JSON."""
    done = whence("log", "copy", "--from", source, "--to", copy, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def killed(program: str, *words: str) -> None:
    """Runs a program of this folder, which kills itself."""
    command = [sys.executable, "-m", f"tests.infra.cli.{program}", *words]
    died = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


def check_not_adopted(address: str, message: str) -> None:
    with pytest.raises(NotAdopted, match=message):
        open_owned(WhenceSettings(log=address))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_copy_has_the_same_bytes_and_is_read_only_until_it_is_adopted(
    whence: Whence, address: AddressOf, kind: str
) -> None:
    source, copy = address("sqlite", "a"), address(kind, "b")
    filled(source, EVENTS)
    done = whence("log", "copy", "--from", source, "--to", copy)
    assert done.code == 0, done.err
    assert "has 701 of 701 events, 701 of them copied now" in done.out
    assert events_at(copy) == events_at(source)
    check_not_adopted(copy, "is a copy.*whence log adopt --log")

    with closing(open_owned(WhenceSettings(log=source))) as engine:
        engine.append(days(ACCOUNT, 701, 702))
        refused = whence("log", "adopt", "--log", copy, "--source", source)
        assert refused.code == 3, refused.err

    done = whence("log", "adopt", "--log", copy, "--source", source, "--by", "ana")
    assert done.code == 0, done.err
    assert events_at(copy) == events_at(source)
    [moved] = moves(copy)
    assert (moved.address, moved.source_lost) == (shown(copy), False)
    assert events_at(copy)[-1].envelope.meta.actor == "ana"
    check_not_adopted(source, "continues at .* which was adopted")
    with closing(open_owned(WhenceSettings(log=copy))) as engine:
        assert engine.append(days(ACCOUNT, 703, 703)) == len(EVENTS) + 4
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    assert moves(source) == [moved]


def test_the_demo_is_repeated_after_its_log_was_copied_and_the_copy_adopted(whence: Whence) -> None:
    demo, copy = "sqlite:///demo.db", "sqlite:///copy.db"
    play = ("paper", "--fresh", "--bars", "300", "--log", demo)
    assert whence(*play).code == 0
    assert whence("log", "copy", "--from", demo, "--to", copy).code == 0
    assert whence("log", "adopt", "--log", copy, "--source", demo).code == 0
    sealed = whence("log", "--log", demo).out
    again = whence(*play)
    assert again.code == 0, again.err
    printed = " ".join(again.err.split())
    assert f"{demo} holds a log that was copied and continues in another storage" in printed
    assert "it is kept as sqlite:///demo.1.db" in printed
    assert whence("log", "--log", "sqlite:///demo.1.db").out == sealed


@pytest.mark.parametrize("role", ["engine", "reader"])
def test_the_doctor_names_a_copy_and_a_log_that_continues_elsewhere(
    whence: Whence, address: AddressOf, role: str
) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS[:3])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    is_fault = role == "engine"

    def storage(log: str) -> tuple[bool, str]:
        done = whence("doctor", "--log", log, "--role", role, "--json")
        rows = {row["check"]: row for row in json.loads(done.out)}
        return rows["log"]["ok"], rows["log"]["text"]

    is_ok, text = storage(copy)
    assert (is_ok, "is a copy" in text) == (not is_fault, True), text
    assert storage(source)[0]
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    is_ok, text = storage(source)
    assert (is_ok, "which was adopted: no engine writes here" in text) == (not is_fault, True), text
    assert storage(copy) == (True, f"{shown(copy)} has 4 events; the last 4 are readable")


@pytest.mark.servers
def test_a_log_moves_from_sqlite_to_kafka_from_there_to_another_topic_and_back_into_a_file(
    whence: Whence, address: AddressOf
) -> None:
    """One test, because each opening of a topic takes time: the first copying is killed and continued."""
    source, topic, other, file = (
        address(kind, name)
        for kind, name in (("sqlite", "a"), ("kafka", "b"), ("kafka", "c"), ("sqlite", "d"))
    )
    filled(source, EVENTS)
    killed("dying_copy", "1", source, topic)
    check_not_adopted(topic, "is a copy")
    assert figures(whence, source, topic) == {"held": 500, "copied": 201, "total": 701, "whole": True}
    assert figures(whence, topic, other) == {"held": 0, "copied": 701, "total": 701, "whole": True}
    assert figures(whence, other, file) == {"held": 0, "copied": 701, "total": 701, "whole": True}
    assert events_at(file) == events_at(other) == events_at(source)

    for before, after in ((source, topic), (topic, other)):
        assert whence("log", "adopt", "--log", after, "--source", before).code == 0
        check_not_adopted(before, "continues at")
    assert figures(whence, other, file) == {"held": 701, "copied": 2, "total": 703, "whole": True}
    assert [moved.address for moved in moves(file)] == [topic, other]
    check_not_adopted(file, "is a copy")


def test_a_copying_that_was_killed_continues_after_the_last_copied_event(
    whence: Whence, address: AddressOf
) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS)
    killed("dying_copy", "1", source, copy)
    check_not_adopted(copy, "is a copy")
    assert figures(whence, source, copy) == {"held": 500, "copied": 201, "total": 701, "whole": True}
    assert events_at(copy) == events_at(source)


def test_a_copy_whose_events_differ_is_refused_and_the_event_is_named(
    whence: Whence, address: AddressOf
) -> None:
    source, copy, other = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    filled(other, [*EVENTS[:3], day("account-else", 1)])
    assert whence("log", "copy", "--from", other, "--to", copy).code == 0
    done = whence("log", "copy", "--from", source, "--to", copy)
    assert (done.code, len(events_at(copy))) == (1, 4)
    assert "event 4 of" in done.err
    assert (
        "is account-else version 1, and that of the log that is copied is account-main version 3" in done.err
    )


def test_a_copy_that_is_longer_than_the_log_is_refused(whence: Whence, address: AddressOf) -> None:
    source, copy, other = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    filled(other, EVENTS[:5])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    done = whence("log", "copy", "--from", other, "--to", copy)
    assert done.code == 1
    assert "that of the log that is copied is missing" in done.err


def test_only_a_copy_that_nobody_adopted_is_continued(whence: Whence, address: AddressOf) -> None:
    source, copy, other = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    filled(other, EVENTS[:5])
    assert "holds 5 events and is no copy" in whence("log", "copy", "--from", source, "--to", other).err
    assert "name another one for the copy" in whence("log", "copy", "--from", source, "--to", source).err
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    assert "or one that was adopted" in whence("log", "copy", "--from", source, "--to", copy).err


def test_of_two_copies_one_is_adopted(whence: Whence, address: AddressOf) -> None:
    source, first, second = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    for copy in (first, second):
        assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    assert whence("log", "adopt", "--log", first, "--source", source).code == 0
    done = whence("log", "adopt", "--log", second, "--source", source)
    assert done.code == 4
    assert f"continues at {first}" in done.err
    check_not_adopted(second, "is a copy")
    assert [len(moves(one)) for one in (source, first, second)] == [1, 1, 0]


def test_two_adoptions_at_once_seal_the_log_once(whence: Whence, address: AddressOf) -> None:
    source, *copies = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    for copy in copies:
        assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    words = [str(WHENCE), "log", "adopt", "--source", source, "--log"]
    running = [subprocess.Popen([*words, copy], cwd=_ROOT, stderr=subprocess.PIPE) for copy in copies]
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert sorted(process.returncode == 0 for process in running) == [False, True], errors
    assert len(moves(source)) == 1


def test_an_adoption_that_ended_after_the_seal_is_completed_by_the_next_one(
    whence: Whence, address: AddressOf
) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS[:6])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    killed("dying_adopt", source, copy)
    assert [len(moves(one)) for one in (source, copy)] == [1, 0]
    check_not_adopted(source, "continues at")
    check_not_adopted(copy, "is a copy")
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    assert events_at(copy) == events_at(source)


def test_a_lost_log_is_named_as_lost_and_is_sealed_where_it_is_found(
    whence: Whence, address: AddressOf
) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS[:6])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    assert "or state --source-lost" in whence("log", "adopt", "--log", copy).err
    both = whence("log", "adopt", "--log", copy, "--source", source, "--source-lost")
    assert both.code == 2
    lost = whence("log", "adopt", "--log", copy, "--source-lost")
    assert (lost.code, f"{copy} ends with event 6, recorded at 2025-04-0" in lost.err) == (0, True), lost.err
    [moved] = moves(copy)
    assert moved.source_lost
    with closing(open_owned(WhenceSettings(log=copy))) as engine:
        engine.append(days(ACCOUNT, 6, 6))
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    check_not_adopted(source, "continues at")


def test_a_log_that_nobody_has_sealed_is_not_copied_because_the_copy_would_have_valid_marks(
    whence: Whence, address: AddressOf, tmp_path: Path
) -> None:
    source, copy = f"sqlite:///{old.copy_of('plain', tmp_path)}", address("sqlite", "b")
    done = whence("log", "copy", "--from", source, "--to", copy)
    assert done.code == 1
    assert "accept them with `whence log seal`" in done.err
    assert not (tmp_path / "b.db").exists()
    assert whence("log", "seal", "--log", source).code == 0
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    assert events_at(copy) == events_at(source)


def test_another_log_than_the_copied_one_is_not_sealed(whence: Whence, address: AddressOf) -> None:
    source, copy, other = (address("sqlite", name) for name in "abc")
    filled(source, EVENTS[:6])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    log_id = UUID(int=7)
    meta = replace(EVENTS[0].meta, event_id=event_id(log_id, "log", 1))
    opening = LogOpened(log_id=log_id, mode=Mode.TAPE, tape="", synthetic=True)
    filled(other, [Envelope(meta, opening)])
    done = whence("log", "adopt", "--log", copy, "--source", other)
    assert done.code == 2
    assert "is another log than the one that" in done.err
    assert not moves(other)


def test_a_log_that_is_no_copy_is_not_adopted(whence: Whence, address: AddressOf) -> None:
    source, other = address("sqlite", "a"), address("sqlite", "b")
    for one in (source, other):
        filled(one, EVENTS[:6])
    done = whence("log", "adopt", "--log", other, "--source", source)
    assert (done.code, moves(source)) == (1, [])
    assert "is no copy" in done.err


def test_a_copying_that_ended_before_its_first_event_leaves_a_log_that_an_engine_may_begin(
    address: AddressOf,
) -> None:
    copy = WhenceSettings(log=address("sqlite", "b"))
    open_any(copy, copies=True).close()
    for _start in range(2):
        with closing(open_owned(copy)) as engine:
            engine.append(EVENTS[engine.head() : engine.head() + 2])


@pytest.mark.parametrize("option", ["--log", "--source"])
def test_a_log_that_does_not_exist_is_not_adopted_nor_made_and_is_named(
    whence: Whence, address: AddressOf, tmp_path: Path, option: str
) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS[:6])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    words = {"--log": copy, "--source": source, option: "sqlite:///never.db"}
    done = whence("log", "adopt", *(word for pair in words.items() for word in pair))
    assert (done.code, "there is no log at never.db" in done.err) == (2, True), done.err
    assert not list(tmp_path.glob("never*"))
    check_not_adopted(copy, "is a copy")


def test_a_log_and_its_copy_in_each_others_place_are_named(whence: Whence, address: AddressOf) -> None:
    source, copy = address("sqlite", "a"), address("sqlite", "b")
    filled(source, EVENTS[:6])
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    done = whence("log", "adopt", "--log", source, "--source", copy)
    assert (done.code, f"{copy} is the copy: exchange --log and --source" in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "sqlite:///gone.db", "--to", "sqlite:///b.db"), "there is no log at"),
        (("--from", "memory:", "--to", "sqlite:///b.db"), "--from: a log in memory"),
        (("--from", "sqlite:///a.db", "--to", "file:///b"), "--to: 'file' is not a kind of log"),
    ],
)
def test_an_address_that_cannot_be_copied_is_refused_with_its_option(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    done = whence("log", "copy", *words)
    assert done.code == 2
    assert message in done.err
    assert not list(tmp_path.glob("b*"))


def test_filters_are_refused_because_a_copy_is_whole(whence: Whence) -> None:
    done = whence(
        "log", "--type", "OrderFilled", "copy", "--from", "sqlite:///a.db", "--to", "sqlite:///b.db"
    )
    assert done.code == 2
    assert "has no filters: leave out --type" in done.err
