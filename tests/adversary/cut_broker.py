"""A Kafka broker whose line to one program can be cut."""

from __future__ import annotations

import struct
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from infra.servers.kafka import KafkaBroker
from infra.servers.port import free_port
from infra.servers.temporary import temporary_folder
from tests.adversary.proxy import Proxy, proxied

END_TXN = 26
"""The key of a request that commits (https://kafka.apache.org/protocol#protocol_api_keys)."""


class CutBroker(NamedTuple):
    """A broker, and the proxy through which the program reaches it."""

    broker: KafkaBroker
    line: Proxy

    @property
    def through(self) -> str:
        """`host:port` of the broker behind the line."""
        return f"127.0.0.1:{self.line.port}"


@contextmanager
def cut_broker(name: str) -> Generator[CutBroker]:
    """A broker with a listener of its own for the program, which advertises the proxy."""
    inner = free_port()
    with proxied(inner) as line:
        broker = KafkaBroker(temporary_folder(name), brief=True)
        broker.properties |= _listeners(broker, inner, line.port)
        with broker:
            yield CutBroker(broker, line)


def _listeners(broker: KafkaBroker, inner: int, outer: int) -> dict[str, str]:
    """Without an address of its own in the metadata, the program would go round the proxy."""
    direct, controller = f"PLAINTEXT://127.0.0.1:{broker.port}", f"127.0.0.1:{broker.controller_port}"
    return {
        "listeners": f"{direct},CUT://127.0.0.1:{inner},CONTROLLER://{controller}",
        "advertised.listeners": f"{direct},CUT://127.0.0.1:{outer}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }


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
