"""What librdkafka logs while no broker answers: a line at once, and one with the number of its repetitions a period."""

from __future__ import annotations

import logging
import time
from threading import Thread

import pytest

from adapters.kafka import aiokafka_log
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.group import client_ids
from adapters.kafka.repeats import Repeats
from tests.adapters.bybit.bench import closed_port

FORM = "%s [%s] %s"
REFUSED = "Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in state CONNECT)"
OTHER = "Connect to ipv4#127.0.0.1:8 failed: Connection refused (after 0ms in state CONNECT)"
AGAIN = REFUSED.replace("0ms in state CONNECT", "7ms in state CONNECT, 5 identical error(s) suppressed")
LOG = logging.getLogger("tests.repeats")


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The messages of these tests: the clients of earlier tests state their repetitions up to a period later."""
    return [record.getMessage() for record in caplog.records if record.name == LOG.name]


def count_in(line: str) -> int:
    """How many repetitions a line states."""
    return int(line.partition("(repeated ")[2].partition(" ")[0])


def test_a_repetition_is_counted_whichever_client_of_its_sort_it_comes_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    repeats = Repeats(LOG, 60)
    repeats.log(40, FORM, "FAIL", "rdkafka#producer-1", f"[thrd:a]: {REFUSED}")
    repeats.log(40, FORM, "FAIL", "rdkafka#producer-2", f"[thrd:b]: {AGAIN}")
    repeats.log(40, FORM, "FAIL", "rdkafka#consumer-3", f"[thrd:a]: {REFUSED}")
    repeats.log(40, FORM, "FAIL", "rdkafka#producer-1", f"[thrd:a]: {OTHER}")
    assert [line.rpartition("]: ")[2] for line in logged(caplog)] == [REFUSED, REFUSED, OTHER]
    caplog.clear()
    repeats.state()
    (line,) = logged(caplog)
    assert AGAIN in line
    assert count_in(line) == 1


def test_no_repetition_of_any_thread_is_left_out_of_the_numbers(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats(LOG, 0.02)

    def fail() -> None:
        for _ in range(500):
            repeats.log(40, FORM, "FAIL", "rdkafka#producer-1", REFUSED)

    threads = [Thread(target=fail) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    repeats.state()
    stated = [line for line in logged(caplog) if "(repeated " in line]
    assert len(logged(caplog)) - len(stated) + sum(map(count_in, stated)) == 4 * 500
    assert stated


def test_a_kind_that_was_quiet_for_a_period_is_logged_at_once_again(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats(LOG, 0.01)
    until = time.monotonic() + 10
    while logged(caplog) != [REFUSED, REFUSED] and time.monotonic() < until:
        if not repeats.is_known:
            repeats.log(40, REFUSED)
    assert logged(caplog) == [REFUSED, REFUSED]


def test_clients_that_reach_no_broker_log_one_line_for_each_sort(caplog: pytest.LogCaptureFixture) -> None:
    address = f"127.0.0.1:{closed_port()}"
    clients = Clients(ClientSettings({"bootstrap.servers": address}), 1)
    made = [clients.consumer({}) for _ in range(3)]
    for _ in range(20):
        for one in made:
            one.poll(0.05)
    for one in made:
        one.close()
    refused = [line for line in caplog.messages if "Connection refused" in line and address in line]
    assert len(refused) == 1, refused


def test_aiokafka_without_a_broker_logs_one_line_for_its_attempts(caplog: pytest.LogCaptureFixture) -> None:
    address = f"127.0.0.1:{closed_port()}"
    with pytest.raises(KafkaUnavailable, match=r"no response within 0\.5 s"):
        client_ids({"bootstrap.servers": address}, "a.owner", 0.5)
    port = address.partition(":")[2]
    lines = [one.getMessage() for one in caplog.records if one.name == aiokafka_log.__name__]
    refused = [line for line in lines if "Unable connect" in line and port in line]
    assert len(refused) == 1, refused
    assert not logging.getLogger("aiokafka").propagate, (
        "the program's log has no line of its own of each attempt"
    )
