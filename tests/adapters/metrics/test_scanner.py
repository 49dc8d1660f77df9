"""The metrics of a scanner, as they are scraped from its port."""

from __future__ import annotations

import socket
from contextlib import closing

import httpx2
import pytest

from adapters.metrics.catalogue import SCANNER, series_of
from adapters.metrics.registry import new_registry
from adapters.metrics.scanner import Outcome, ScannerMetrics, served_metrics
from commands.scanner import Place
from domain.errors import InvalidInput


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def test_every_metric_of_a_scanner_is_served_on_its_port_until_the_end() -> None:
    registry, port = new_registry(), free_port()
    metrics = ScannerMetrics("pump", registry)
    for place in Place:
        metrics.read(place)
    for outcome in Outcome:
        metrics.signalled(outcome)
    metrics.unread()
    metrics.show(7, 60)
    end = served_metrics(registry, port)
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    end()
    assert all(any(f"{name}{{" in text for name in series_of(one)) for one in SCANNER)
    for line in (
        'whence_scanner_candles_total{place="after_gap",scanner="pump"} 1.0',
        'whence_scanner_signals_total{outcome="late",scanner="pump"} 1.0',
        'whence_scanner_unread_total{scanner="pump"} 1.0',
        'whence_scanner_lag_candles{scanner="pump"} 7.0',
        'whence_scanner_instruments{scanner="pump"} 60.0',
    ):
        assert line in text
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=10)


def test_a_port_that_is_in_use_is_refused_and_named() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"--metrics-port {port}"):
            served_metrics(new_registry(), port)
