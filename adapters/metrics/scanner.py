"""The metrics of a scanner's process."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, start_http_server

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge
from commands.scanner import Place
from domain.errors import InvalidInput


class Outcome(StrEnum):
    """What became of a signal. REPEATED: the engine had it already. REFUSED: by the engine, for good. LATE: its time
    had passed before it was sent, or before an engine answered."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    REFUSED = "refused"
    LATE = "late"


class ScannerMetrics:
    """Counts what one scanner does, from any thread."""

    def __init__(self, scanner: str, registry: CollectorRegistry) -> None:
        self._scanner = scanner
        self._candles = counter(catalogue.SCANNER_CANDLES, registry)
        self._signals = counter(catalogue.SCANNER_SIGNALS, registry)
        self._unread = counter(catalogue.SCANNER_UNREAD, registry).labels(scanner)
        self._lag = gauge(catalogue.SCANNER_LAG, registry).labels(scanner)
        self._instruments = gauge(catalogue.SCANNER_INSTRUMENTS, registry).labels(scanner)
        self.lag: int | None = None
        """Candles of its partitions that this process has not read; None before the first step."""

    def read(self, place: Place) -> None:
        """A candle was read."""
        self._candles.labels(self._scanner, place.value).inc()

    def signalled(self, outcome: Outcome) -> None:
        """A signal is finished."""
        self._signals.labels(self._scanner, outcome.value).inc()

    def unread(self) -> None:
        """A record is no candle of this installation."""
        self._unread.inc()

    def show(self, lag: int, instruments: int) -> None:
        """The state after a step."""
        self.lag = lag
        self._lag.set(lag)
        self._instruments.set(instruments)


def served_metrics(registry: CollectorRegistry, port: int) -> Callable[[], None]:
    """Serves the registry at `/metrics` of this machine's loopback address; the returned function ends it.

    Raises InvalidInput where the port is in use or not allowed.
    """
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry)
    except OSError as fault:
        raise InvalidInput(f"--metrics-port {port} cannot be used: {fault.strerror}") from None

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
