"""What a program imports before it runs: a start takes half as long without the clients that a run does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CLIENTS = (
    "aiokafka",
    "alembic",
    "ccxt",
    "confluent_kafka",
    "psycopg",
    "pybit",
    "sqlalchemy",
    "strawberry",
    "urllib3",
)


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("infra.cli.playing", set[str]()),
        ("infra.logs", set[str]()),
        ("infra.dead_letters", set[str]()),
        ("infra.cli.serving", set[str]()),
        ("infra.cli.trading_live", {"pybit", "urllib3"}),
    ],
)
def test_a_module_imports_no_client_of_a_server_that_its_run_may_not_use(
    module: str, allowed: set[str]
) -> None:
    program = f"import sys, {module}; print(*(one for one in {_CLIENTS} if one in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= allowed
