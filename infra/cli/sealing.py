"""`whence log seal`: accepts the events of a log from before marks."""

from __future__ import annotations

import typer

from infra.cli.options import ConfigOption, LogOption


def seal(log: LogOption = None, config: ConfigOption = None) -> None:
    """Accepts the events that an earlier version wrote without marks; look at them before.

    From then on every event of the log must have a valid mark. A log with marks is only verified.
    """
    from infra.config import load, shown
    from infra.logs import seal as sealed

    settings = load(log=log, config=config)
    count = sealed(settings)
    typer.echo(
        f"{count} events of {shown(settings.log)} are sealed."
        if count
        else f"Nothing is to be sealed in {shown(settings.log)}: its events have marks, or there are none.",
        err=True,
    )
