"""Attacks that try to give one log two engines, or to take the log away from its engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from commands.request import PlaceOrder, TripKillSwitch
from domain.account import KillSwitchTripped
from domain.errors import OwnershipLost
from domain.order import OrderPlaced
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.adapters.kafka.test_lost_topic import made_again
from tests.infra.run.test_manual import LIMIT, Hand
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import events_at

PACED = ("--bars", "5000", "--pace", "3000x")


def _linked(folder: Path) -> str:
    (folder / "link.db").symlink_to("run.db")
    return "link.db"


def _hard_linked(folder: Path) -> str:
    (folder / "hard.db").hardlink_to(folder / "run.db")
    return "hard.db"


@pytest.mark.parametrize(
    ("other_name", "code", "reason"),
    [
        (_linked, 3, "is owned by process"),
        (_hard_linked, 4, "2 hard links"),
    ],
)
def test_no_other_name_of_a_log_gives_it_a_second_engine(
    tmp_path: Path, other_name: Callable[[Path], str], code: int, reason: str
) -> None:
    with running(tmp_path, "paper", *PACED, "--log", "sqlite:///run.db") as owner:
        head = wait_for(f"sqlite:///{tmp_path}/run.db", 7)
        other = other_name(tmp_path)
        second = whence(tmp_path, "paper", *PACED, "--log", f"sqlite:///{other}")
        assert second.returncode == code, second.stderr
        assert reason in second.stderr
        if code == 4:
            (tmp_path / other).unlink()
        wait_for(f"sqlite:///{tmp_path}/run.db", head + 1)
        assert owner.is_alive


def test_an_engine_whose_lock_is_deleted_ends_and_the_next_one_has_the_log(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/run.db"
    with running(tmp_path, "paper", *PACED, "--log", address) as first:
        wait_for(address, 7)
        (tmp_path / "run.db.owner").unlink()
        with running(tmp_path, "paper", *PACED, "--log", address) as second:
            code, _, err = first.ended()
            assert code == 3, err
            assert "run.db.owner was removed or replaced under the running engine" in err
            assert "Traceback" not in err
            wait_for(address, len(events_at(address)) + 1)
            assert second.is_alive


def _without_its_lock(address: str) -> None:
    Path(address.removeprefix("sqlite:///")).with_name("run.db.owner").unlink()


def _with_its_connections_ended(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_order_of_a_first_engine_never_follows_the_kill_switch_of_a_second(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    address, attack = (
        (f"sqlite:///{tmp_path}/run.db", _without_its_lock)
        if kind == "sqlite"
        else (str(request.getfixturevalue("postgres_database")), _with_its_connections_ended)
    )
    settings = WhenceSettings(log=address)
    with closing(open_owned(settings)) as one:
        first = Hand(one)
        attack(address)
        with closing(open_owned(settings)) as other:
            assert Hand(other).accepted(TripKillSwitch("stop")) == ["KillSwitchTripped"]
            with pytest.raises(OwnershipLost):
                first.ask(PlaceOrder(LIMIT))
    events = [recorded.envelope.event for recorded in events_at(address)]
    assert any(isinstance(event, KillSwitchTripped) for event in events)
    assert not any(isinstance(event, OrderPlaced) for event in events)


def test_a_topic_made_again_under_a_running_program_ends_it_with_the_reason(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    address = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition=0"
    with running(tmp_path, "paper", *PACED, "--log", address) as program:
        wait_for(address, 20)
        made_again(1)(AdminClient({"bootstrap.servers": kafka_bootstrap_servers}), kafka_topic)
        code, out, err = program.ended()
    assert code == 4, err
    assert "events that were recorded are gone" in err.splitlines()[-1]
    assert "The same command continues" not in out + err
    assert "Traceback" not in err
