"""Free ports: the ports that one process is given differ, because one server may need several."""

from __future__ import annotations

from collections import deque

import pytest

from infra.servers import port


def _every_port_is_free(_port: int, _host: str) -> bool:
    return True


def test_the_free_ports_that_one_process_is_given_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "_CANDIDATES", range(20_000, 20_003))
    monkeypatch.setattr(port, "_TRIES", 3)
    monkeypatch.setattr(port, "_GIVEN", deque[int]())
    monkeypatch.setattr(port, "is_free", _every_port_is_free)
    assert {port.free_port() for _ in range(3)} == {20_000, 20_001, 20_002}
