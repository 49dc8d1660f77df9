"""The command line: `whence`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import typer

from domain.errors import (
    InvalidInput,
    LogError,
    LogOwned,
    OwnershipLost,
    StoreError,
    TapeMismatch,
    WhenceError,
)
from infra.logging import configure

EXIT_CODES: Sequence[tuple[type[WhenceError], int]] = (
    (InvalidInput, 2),
    (TapeMismatch, 2),
    (LogOwned, 3),
    (OwnershipLost, 3),
    (LogError, 4),
    (StoreError, 4),
    (WhenceError, 1),
)
"""The first matching row gives the exit code: 2 for invalid input, 3 where another engine owns the log, 4 where the log
or the store fails, 1 for any other refusal."""
INTERRUPTED = 130
"""The exit code of an interrupted program: 128 plus SIGINT, as shells define it."""


def spare_the_collector() -> None:
    """Makes cyclic garbage collection rare: events and states are immutable, so they form no cycles to collect."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def application() -> typer.Typer:
    """The program with all its commands."""
    from infra.cli.alerts import alerts_app
    from infra.cli.api import api
    from infra.cli.dev import dev_app
    from infra.cli.explain import explain
    from infra.cli.log import log
    from infra.cli.paper import paper
    from infra.cli.projections import projections_app
    from infra.cli.schemas import schemas_app
    from infra.cli.tokens import tokens_app

    app = typer.Typer(
        name="whence",
        help="Trading in which every signal, decision, order and fill records its cause.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(paper)
    app.command()(log)
    app.command()(explain)
    app.command()(api)
    app.add_typer(alerts_app, name="alerts")
    app.add_typer(dev_app, name="dev")
    app.add_typer(projections_app, name="projections")
    app.add_typer(schemas_app, name="schemas")
    app.add_typer(tokens_app, name="tokens")
    return app


def main() -> None:
    """Runs the program. An error of ours ends it with one message and an exit code, without a traceback."""
    configure()
    spare_the_collector()
    try:
        application()()
    except WhenceError as error:
        typer.echo(f"whence: {error}", err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
