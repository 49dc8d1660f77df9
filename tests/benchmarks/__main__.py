"""`python -m tests.benchmarks [NAME…]` runs the named benchmarks (such as `replay`), or all, and prints tables.

The servers that they need are started, except those whose URL is in the environment, as for the tests.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

import tests.benchmarks
from infra.run.collecting import spare_the_collector
from infra.servers.kafka import KafkaBroker
from infra.servers.postgres import PostgresServer
from infra.servers.temporary import temporary_folder
from tests.benchmarks.figure import Figure

_SERVERS = (
    ("KAFKA_BOOTSTRAP_SERVERS", "kafka", KafkaBroker),
    ("DATABASE_URL", "postgres", PostgresServer),
)


def main(names: Sequence[str]) -> None:
    """Runs the chosen modules one after the other and prints a table for each."""
    modules = list(_chosen(names))
    if not modules:
        sys.exit(f"no benchmark is called {' or '.join(names)}; there are: {', '.join(_all())}")
    with ExitStack() as servers:
        for variable, folder, server in _SERVERS:
            if variable not in os.environ:
                os.environ[variable] = servers.enter_context(server(temporary_folder(folder))).url
        spare_the_collector()
        for name in modules:
            module = importlib.import_module(f"tests.benchmarks.{name}")
            Console().print(_table(name, module.run()))


def _all() -> Sequence[str]:
    found = pkgutil.iter_modules(tests.benchmarks.__path__)
    return [module.name.removeprefix("bench_") for module in found if module.name.startswith("bench_")]


def _chosen(names: Sequence[str]) -> Iterator[str]:
    yield from (f"bench_{name}" for name in _all() if not names or any(wanted in name for wanted in names))


def _table(name: str, figures: Sequence[Figure]) -> Table:
    table = Table(title=name.removeprefix("bench_").replace("_", " "), title_justify="left")
    for column, justify in (
        ("what", "left"),
        ("figure", "right"),
        ("unit", "left"),
        ("limit", "right"),
        ("how", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # two of rich's literals
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:,.4g}"
        table.add_row(figure.name, f"{figure.value:,.4g}", figure.unit, limit, figure.note)
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
