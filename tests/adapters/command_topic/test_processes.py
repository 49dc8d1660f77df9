"""A client and an engine in two processes on a real broker: no request is carried out twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.command_topic.door import KafkaDoor
from adapters.command_topic.topic_names import CommandTopic
from commands.door import Answer, Completed, Drafted, TimedOut
from commands.request import DraftOrder, ManualTerms, Request, Requested, TripKillSwitch
from commands.roles import Role
from domain.account import KillSwitchTripped
from domain.direction import Side
from domain.order import OrderType
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.domain.history import ACCOUNT, BTC, D

_PATIENCE = 20.0


class Scene:
    """One topic, one log and a client's door."""

    def __init__(self, servers: str, topic: str, folder: Path) -> None:
        self.place, self.log = CommandTopic(servers, topic), f"sqlite:///{folder / 'log.db'}"
        self.door = KafkaDoor(self.place)

    def ask(self, request: Request, key: str, patience: float = _PATIENCE) -> Answer:
        until = datetime.now(UTC) + timedelta(seconds=60)
        return self.door.ask(
            Requested(
                id=key,
                account=ACCOUNT,
                actor="tess",
                valid_until=until,
                request=request,
                role=Role.TRADER,
            ),
            patience,
        )

    @contextmanager
    def engine(self, *how: str) -> Generator[subprocess.Popen[str]]:
        """An engine that serves until the block ends."""
        command = [sys.executable, "-m", "tests.adapters.command_topic.engine_process"]
        with subprocess.Popen(
            [*command, self.place.servers, self.place.events, self.log, *how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process

    def trips(self) -> int:
        log = open_reader(WhenceSettings(log=self.log))
        found = sum(isinstance(one.envelope.event, KillSwitchTripped) for one in log.read())
        log.close()
        return found


@pytest.fixture
def scene(kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(kafka_bootstrap_servers, kafka_topic, tmp_path)
    yield scene
    scene.door.close()


def test_a_repeated_request_gets_the_same_answer_and_is_not_carried_out_again(scene: Scene) -> None:
    with scene.engine():
        done = scene.ask(TripKillSwitch("enough"), "k1")
        assert isinstance(done, Completed)
        assert ([event.type for event in done.events], done.repeated) == (
            ["whence.account.KillSwitchTripped"],
            False,
        )
        again = scene.ask(TripKillSwitch("enough"), "k1")
        assert isinstance(again, Completed)
        assert (list(again.events), again.repeated) == (list(done.events), True)
        terms = ManualTerms(
            instrument=BTC,
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=D("0.1"),
            limit_price=D(100),
            stop=D(98),
            target=D(106),
        )
        draft = scene.ask(DraftOrder(terms), "k2")
        assert not isinstance(draft, TimedOut)
        if isinstance(draft, Drafted):
            assert draft.terms == terms
    assert scene.trips() == 1


def test_an_engine_that_starts_before_a_request_expires_carries_it_out_once(scene: Scene) -> None:
    late = scene.ask(TripKillSwitch("enough"), "k1", patience=0.5)
    assert isinstance(late, TimedOut)
    assert f"durable in {scene.place.commands} partition 0 at offset 0" in late.known
    assert "may be carried out until" in late.known
    with scene.engine():
        done = scene.ask(TripKillSwitch("enough"), "k1")
    assert isinstance(done, Completed)
    assert done.repeated
    assert scene.trips() == 1


def test_a_request_whose_engine_was_killed_before_the_answer_is_not_carried_out_again(scene: Scene) -> None:
    with scene.engine("dies") as process:
        assert isinstance(scene.ask(TripKillSwitch("enough"), "k1", patience=1.5), TimedOut)
        assert process.wait(_PATIENCE) == -9
    assert scene.trips() == 1
    with scene.engine():
        done = scene.ask(TripKillSwitch("enough"), "k1")
    assert isinstance(done, Completed)
    assert done.repeated
    assert scene.trips() == 1
