"""`whence log refused`: the records in a log's topic that every reader refuses."""

from __future__ import annotations

import json
from contextlib import closing

import typer

from domain.plain_text import counted, is_or_are
from infra.cli.options import ConfigOption, JsonOption, LogOption


def refused(log: LogOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Lists the records of strangers in a log on Kafka: each with its offset, what it claims and why it is refused.

    The records themselves stay in the topic at these offsets. Other logs hold none: there a bad event is an error.
    """
    from infra.config import load
    from infra.logs import open_reader

    with closing(open_reader(load(log=log, config=config))) as reader:
        found = reader.refused()
    if as_json:
        typer.echo(json.dumps([{"offset": offset, "reason": reason} for offset, reason in found.items()]))
        return
    for offset, reason in found.items():
        typer.echo(f"offset {offset}: {reason}")
    typer.echo(f"{counted(len(found), 'record')} {is_or_are(len(found))} refused", err=True)
