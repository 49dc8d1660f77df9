"""With KAFKA_EXCLUSIVE a second engine is refused with the owner's name, and the first engine is not disturbed."""

# pyright: reportPrivateUsage=false
# The tests reach into private attributes.

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from time import monotonic

import pytest
from eventsourcing.utils import Environment

from adapters.kafka.client import Clients
from adapters.kafka.config import settings_of
from adapters.kafka.errors import KafkaLogOwned, KafkaOwnershipLost
from adapters.kafka.ownership import Claim, Owner
from domain.errors import LogOwned
from tests.adapters.kafka.logs import Logs, environment, events

_MEMBER = """
import json, sys
from eventsourcing.utils import Environment
from tests.adapters.kafka.logs import Log, events
log = Log(Environment("", json.loads(sys.argv[1])))
print(log.append(events("order-1", 1, 1)), flush=True)
sys.stdin.read()
"""


def test_a_second_engine_is_refused_with_the_owners_name_and_the_first_continues(logs: Logs) -> None:
    first = logs.open(KAFKA_EXCLUSIVE="y")
    with pytest.raises(LogOwned, match=f"process {os.getpid()} on {socket.gethostname()} since 20"):
        logs.open(KAFKA_EXCLUSIVE="y")
    assert first.append(events("order-1", 1, 1)) == [1]
    assert logs.open(KAFKA_READ_ONLY="y").contents() == [(1, "order-1", 1)]


def test_a_closed_log_can_be_owned_by_the_next_engine(logs: Logs) -> None:
    for version in (1, 2):
        log = logs.open(KAFKA_EXCLUSIVE="y")
        assert log.append(events("order-1", version, version)) == [version]
        log.close()


def test_an_engine_with_take_over_set_fences_the_owner_off(logs: Logs) -> None:
    first = logs.open(KAFKA_EXCLUSIVE="y")
    second = logs.open(KAFKA_EXCLUSIVE="y", KAFKA_TAKE_OVER="y")
    assert second.append(events("order-1", 1, 1)) == [1]
    with pytest.raises(KafkaOwnershipLost):
        first.append(events("order-1", 2, 2))


def test_a_dead_process_of_this_host_does_not_own_the_log(env: Environment, logs: Logs) -> None:
    settings = json.dumps({**env, "ORIGINATOR_ID_TYPE": "text", "KAFKA_EXCLUSIVE": "y"})
    with subprocess.Popen(
        [sys.executable, "-c", _MEMBER, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"[1]\n"
        with pytest.raises(KafkaLogOwned, match=f"process {process.pid} "):
            logs.open(KAFKA_EXCLUSIVE="y")
        process.send_signal(signal.SIGKILL)
    began = monotonic()
    assert logs.open(KAFKA_EXCLUSIVE="y").append(events("order-1", 2, 2)) == [2]
    assert monotonic() - began < 8, "opening waited for the dead member's session of ten seconds"


class _Unheard(threading.Event):
    """A departure that a cut connection does not deliver."""

    def set(self) -> None: ...


def test_a_claim_that_this_process_has_given_up_is_no_owner_while_the_broker_still_lists_it(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = logs.open(KAFKA_EXCLUSIVE="y").store._inner._claim
    assert claim is not None
    monkeypatch.setattr(claim, "_stopped", _Unheard())
    monkeypatch.setattr(claim, "_member", None)
    with pytest.raises(KafkaLogOwned, match=f"process {os.getpid()} "):
        logs.open(KAFKA_EXCLUSIVE="y")
    claim.close()
    assert logs.open(KAFKA_EXCLUSIVE="y").append(events("order-1", 1, 1)) == [1]


def test_a_renewed_takeover_does_not_fence_off_an_owner_that_came_in_between(
    logs: Logs, env: Environment
) -> None:
    first = logs.open(KAFKA_EXCLUSIVE="y")
    claim = first.store._inner._claim
    assert claim is not None
    claim.close()
    second = logs.open(KAFKA_EXCLUSIVE="y")
    writer = first.store._inner.writer
    assert writer is not None
    writer._producers = ()
    with pytest.raises(KafkaOwnershipLost, match=f"owned by process {os.getpid()}"):
        first.append(events("order-1", 1, 1))
    assert second.append(events("order-1", 1, 1)) == [1]


def test_of_several_claims_at_once_at_most_one_succeeds(
    env: Environment, logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    logs.open().close()
    settings = settings_of(environment(kafka_bootstrap_servers, kafka_topic, KAFKA_EXCLUSIVE="y"))
    claims = [Claim(Clients(settings.client, settings.timeout), settings) for _ in range(3)]
    made: list[Claim] = []
    refused: list[Exception] = []

    def make(claim: Claim) -> None:
        try:
            claim.make()
        except Exception as error:  # noqa: BLE001 - counted below
            refused.append(error)
        else:
            made.append(claim)

    threads = [threading.Thread(target=make, args=(claim,)) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for claim in claims:
        claim.close()
    assert len(made) <= 1
    assert len(made) + len(refused) == 3


def test_a_foreign_client_id_names_no_owner() -> None:
    assert Owner.of("rdkafka") is None
    assert Owner.of('{"host": "a"}') is None
    me = Owner.this_process()
    assert Owner.of(me.client_id) == me
    assert not me.is_dead
