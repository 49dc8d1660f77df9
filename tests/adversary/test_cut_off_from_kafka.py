"""A cut between `whence live` and the Kafka of its log: no order without its event, none twice, none forgotten."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from infra.servers.kafka import KafkaBroker
from infra.servers.port import free_port
from infra.servers.temporary import temporary_folder
from tests.adversary.cut_desk import BELOW, CutDesk, cut_desk
from tests.adversary.proxy import Proxy, proxied

PRODUCE, END_TXN = 0, 26
"""Kinds of requests (https://kafka.apache.org/protocol#protocol_api_keys)."""


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
        broker = KafkaBroker(temporary_folder("cut-kafka"))
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


def appends_events(data: bytes) -> bool:
    return is_request(PRODUCE, data)


def test_an_order_waits_for_the_event_that_orders_it(cut: Cut) -> None:
    desk = cut.desk
    cut.line.silence()
    key = desk.place()
    time.sleep(1)
    assert desk.is_quiet()
    cut.line.mend()
    entry = desk.placed(key)
    desk.reaches(entry, "ACCEPTED")
    desk.agrees()
    desk.trades_at(BELOW)
    desk.ends()


@pytest.mark.parametrize("arrives", [True, False], ids=["which-is-done", "which-is-not-done"])
@pytest.mark.parametrize("seconds", [1, 12], ids=["for-seconds", "for-long"])
def test_a_cut_at_the_commit_of_an_order(cut: Cut, arrives: bool, seconds: float) -> None:
    desk = cut.desk
    struck = cut.line.cut_at(ends_a_transaction, arrives=arrives)
    key = desk.place()
    assert struck.wait(10)
    time.sleep(seconds)
    assert desk.is_quiet()
    cut.line.mend()
    print(desk.answer(key))
    desk.trades_again()
    desk.read()
    desk.until(
        lambda: all(one.order.status.value == "ACCEPTED" for one in desk.read().portfolio.entries.values())
    )
    desk.agrees()
    if not desk.world.portfolio.entries:
        desk.reaches(desk.placed(desk.place()), "ACCEPTED")
    desk.trades_at(BELOW)
    desk.ends()


def test_a_fill_while_the_log_is_away_is_taken_in(cut: Cut) -> None:
    desk = cut.desk
    entry = desk.placed(desk.place())
    desk.reaches(entry, "ACCEPTED")
    cut.line.silence()
    desk.trades_at(BELOW)
    time.sleep(12)
    assert len(desk.stops()) == 1
    cut.line.mend()
    desk.reaches(entry, "FILLED")
    desk.ends()
