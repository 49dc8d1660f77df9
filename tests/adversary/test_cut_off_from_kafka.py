"""A cut between `whence live` and the Kafka of its log: no order without its event, none twice, none forgotten."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from infra.servers.kafka import KafkaBroker
from infra.servers.port import free_port
from infra.servers.temporary import temporary_folder
from tests.adversary.cut_desk import BELOW, LONG, CutDesk, cut_desk
from tests.adversary.proxy import Proxy, proxied

END_TXN = 26
"""The key of a request that commits (https://kafka.apache.org/protocol#protocol_api_keys)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The program reaches Kafka through `line`."""

    desk: CutDesk
    line: Proxy


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    """A broker with a listener of its own for the program, which advertises the proxy."""
    inner, folder = free_port(), tmp_path_factory.mktemp("cut-kafka")
    with proxied(inner) as line:
        broker = KafkaBroker(temporary_folder("cut-kafka"), brief=True)
        broker.properties |= _listeners(broker, inner, line.port)
        with broker:
            yield from _behind(broker, line, folder)


def _listeners(broker: KafkaBroker, inner: int, outer: int) -> dict[str, str]:
    """Without an address of its own in the metadata, the program would go round the proxy."""
    direct, controller = f"PLAINTEXT://127.0.0.1:{broker.port}", f"127.0.0.1:{broker.controller_port}"
    return {
        "listeners": f"{direct},CUT://127.0.0.1:{inner},CONTROLLER://{controller}",
        "advertised.listeners": f"{direct},CUT://127.0.0.1:{outer}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }


def _behind(broker: KafkaBroker, line: Proxy, folder: Path) -> Iterator[Cut]:
    topic = f"cut.{uuid4().hex}.events"
    through, direct = (f"kafka://127.0.0.1:{port}/{topic}" for port in (line.port, broker.port))
    with cut_desk(folder, through, read=direct) as desk:
        yield Cut(desk, line)


def is_request(kind: int, data: bytes) -> bool:
    """Whether one of the requests in these bytes is of this kind."""
    at = 0
    while at + 6 <= len(data):
        size, found = struct.unpack_from(">ih", data, at)
        if found == kind:
            return True
        at += 4 + size
    return False


def ends_a_transaction(data: bytes) -> bool:
    return is_request(END_TXN, data)


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
