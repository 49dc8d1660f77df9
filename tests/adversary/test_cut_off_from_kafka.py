"""A cut between `whence live` and the Kafka of its log: no order without its event, none twice, none forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

import pytest

from tests.adversary.cut_broker import CutBroker, cut_broker, ends_a_transaction
from tests.adversary.cut_desk import BELOW, LONG, CutDesk, cut_desk
from tests.adversary.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Cut:
    """The program reaches Kafka through `line`."""

    desk: CutDesk
    line: Proxy


@pytest.fixture(scope="module")
def behind() -> Iterator[CutBroker]:
    """A broker with a listener of its own for the program, which advertises the proxy."""
    with cut_broker("cut-kafka") as broker:
        yield broker


@pytest.fixture(scope="module")
def cut(behind: CutBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    topic = f"cut.{uuid4().hex}.events"
    through, direct = (f"kafka://{one}/{topic}" for one in (behind.through, behind.broker.url))
    with cut_desk(tmp_path_factory.mktemp("cut-kafka"), through, read=direct) as desk:
        yield Cut(desk, behind.line)


_LOOKS = """
import json, sys
from collections import Counter
from threading import Event, Thread
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.errors import KafkaUnavailable

QUICK = {"reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "100"}
SETTINGS = ClientSettings({"bootstrap.servers": sys.argv[1], **QUICK})
ended, results = Event(), Counter()

def look():
    while not ended.is_set():
        clients = Clients(SETTINGS, 0.6)
        for _ in range(2):
            try:
                clients.members("cut.owner")
            except KafkaUnavailable:
                results["refused"] += 1
            else:
                results["answered"] += 1

threads = [Thread(target=look) for _ in range(6)]
for one in threads:
    one.start()
print("begun", flush=True)
sys.stdin.read()
ended.set()
for one in threads:
    one.join()
print(json.dumps(results))
"""
_CUTS = 10


def test_a_process_that_looks_for_the_owner_while_kafka_comes_and_goes_lives_on(behind: CutBroker) -> None:
    """librdkafka aborted it, mostly within five cuts: see docs/decisions/0014."""
    with subprocess.Popen(
        [sys.executable, "-c", _LOOKS, behind.through], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        pause = Event()
        for _ in range(_CUTS):
            pause.wait(0.25)
            behind.line.refuse()
            pause.wait(0.1)
            behind.line.mend()
            assert process.poll() is None
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["answered"] > 0


def test_an_order_whose_commit_is_cut_for_a_moment_waits_for_its_event_and_is_sent_once(cut: Cut) -> None:
    desk = cut.desk
    struck = cut.line.cut_at(ends_a_transaction, arrives=False)
    key = desk.place()
    assert struck.wait(10)
    assert desk.is_quiet()
    cut.line.mend()
    desk.reaches(desk.placed(key), "ACCEPTED")
    desk.agrees()
    desk.trades_at(BELOW)
    desk.ends()


def test_a_fill_whose_commit_is_done_and_not_answered_is_recorded_once_and_its_stop_stands(cut: Cut) -> None:
    desk = cut.desk
    entry = desk.placed(desk.place())
    desk.reaches(entry, "ACCEPTED")
    struck = cut.line.cut_at(ends_a_transaction, arrives=True)
    desk.trades_at(BELOW)
    assert struck.wait(10)
    assert len(desk.stops()) == 1
    cut.line.mend()
    desk.reaches(entry, "FILLED")
    desk.agrees()
    desk.ends()


def test_a_log_that_is_away_for_long_is_waited_for_and_an_order_at_its_commit_exists_once_or_expires_unsent(
    cut: Cut,
) -> None:
    desk, before = cut.desk, cut.desk.interruptions()
    struck = cut.line.cut_at(ends_a_transaction, arrives=True)
    key = desk.place()
    assert struck.wait(10)
    desk.until(lambda: desk.interruptions() > before)
    assert desk.answer(key)["answer"] == "TimedOut"
    assert desk.is_quiet()
    cut.line.mend()
    if LONG:
        _expires_unsent(desk)
    else:
        _exists_once(desk)


def _expires_unsent(desk: CutDesk) -> None:
    """With the timeouts of production the outage outlasts the time for which an entry may be sent."""
    desk.until(lambda: "OrderExpired" in desk.names())
    desk.trades_again()
    assert statuses(desk) == []
    assert desk.is_quiet()
    desk.agrees()


def _exists_once(desk: CutDesk) -> None:
    desk.until(lambda: statuses(desk) == ["ACCEPTED"])
    desk.agrees()
    desk.trades_at(BELOW)
    desk.ends()


def statuses(desk: CutDesk) -> list[str]:
    """The statuses of the entries that work."""
    return [one.order.status.value for one in desk.read().portfolio.entries.values()]
