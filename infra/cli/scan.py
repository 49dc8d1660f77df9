"""`whence scan`: a process of a scanner, which shares the instruments with others of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import AccountOption, ConfigOption, LogOption, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

MetricsPortOption = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        parser=whole(0, 65_535),
        metavar="N",
        help="Serve the metrics of this process at http://127.0.0.1:N/metrics; default: nowhere.",
    ),
]


def scan(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A scanner of the settings; default: the only one."),
    ] = None,
    metrics_port: MetricsPortOption = None,
    log: LogOption = None,
    account: AccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Scans the candles of a topic and sends signals to the engine of a log on Kafka, until Ctrl-C or SIGTERM.

    Processes of one name share the instruments; start as many as needed. One that is killed is replaced by the others,
    which read on where it has ended: no candle is left out, and no signal is recorded twice.
    """
    import logging

    from adapters.metrics.registry import new_registry
    from adapters.metrics.scanner import ScannerMetrics
    from adapters.processes.announcement import ProcessRole
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logging import configure
    from infra.run.announcing import Loop, Program, TurningStops, announced
    from infra.run.scanner_standing import ScannerStanding
    from infra.scanning import candle_topic, chosen, scan, scanner_of

    settings = load(log=log, account=account, config=config)
    given = chosen(settings, name)
    scanner_of(given)
    candle_topic(settings)
    configure(logging.INFO, f"scanner {given.name}")
    registry = new_registry()
    end = _served(registry, metrics_port)
    try:
        metrics, loop = ScannerMetrics(given.name, registry), Loop()
        standing = ScannerStanding(metrics, loop)
        with stoppable() as stopping, announced(settings, Program(ProcessRole.SCAN, given.name), standing):
            scan(settings, given, metrics, TurningStops(stopping, loop))
    finally:
        end()


def _served(registry: CollectorRegistry, port: int | None) -> Callable[[], None]:
    from adapters.metrics.scanner import served_metrics

    return _nothing if port is None else served_metrics(registry, port)


def _nothing() -> None:
    """Ends nothing: without a port no metrics are served."""
