"""`whence models`: trains models, and keeps the register of those that score."""

from __future__ import annotations

import typer

from infra.cli.model_registry import add_commands

models_app = typer.Typer(
    name="models",
    no_args_is_help=True,
    help="Registers models, puts them in force, and shows how they scored.",
)
add_commands(models_app)
