"""`whence topics`: creates and checks the topics of a log on Kafka, and the rights of who uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, LogOption, whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.topics import LogTopics

topics_app = typer.Typer(
    name="topics", no_args_is_help=True, help="Creates and checks the topics of a log on Kafka, and rights."
)

PrincipalOption = Annotated[
    list[str] | None,
    typer.Option(
        "--principal",
        metavar="ROLE=PRINCIPAL",
        help="Also the ACLs of this principal, as engine=User:whence; roles: engine, reader, api, notary, operator, "
        "publisher, scanner; repeatable.",
    ),
]
PartitionsOption = Annotated[
    int | None,
    typer.Option("--partitions", parser=whole(1, 10_000), metavar="N", help="Partitions of the events."),
]
ReplicasOption = Annotated[
    int | None,
    typer.Option(
        "--replicas",
        parser=whole(1, 99),
        metavar="N",
        help="Copies of each record; default: that of the brokers, and 3 are checked for where there are 3 brokers.",
    ),
]


@topics_app.command()
def apply(
    log: LogOption = None,
    principal: PrincipalOption = None,
    partitions: PartitionsOption = None,
    replicas: ReplicasOption = None,
    config: ConfigOption = None,
) -> None:
    """Creates missing topics and ACLs, and changes settings where nothing is lost by it; deletes nothing.

    Prints a line for each change. What is left to a person is printed, too, and ends it with 1.
    """
    topics = _topics(log, principal, partitions, replicas, config)
    for line in topics.apply():
        typer.echo(line)
    _end_with(topics.differences())


@topics_app.command()
def check(
    log: LogOption = None,
    principal: PrincipalOption = None,
    partitions: PartitionsOption = None,
    replicas: ReplicasOption = None,
    config: ConfigOption = None,
) -> None:
    """Prints a line for each difference from the table, and ends with 1 where there is one; changes nothing."""
    _end_with(_topics(log, principal, partitions, replicas, config).differences())


@topics_app.command(name="list")
def list_(
    topic: Annotated[str, typer.Option("--topic", help="The topic of the events.")] = "whence.events",
    rights: Annotated[bool, typer.Option("--rights", help="The rights of each role instead.")] = False,
) -> None:
    """Prints the table of topics, or of rights, as Markdown; needs no Kafka."""
    from adapters.kafka.topic_document import rights_table, topics_table

    for line in rights_table(topic) if rights else topics_table(topic):
        typer.echo(line)


def _topics(
    log: str | None,
    principals: list[str] | None,
    partitions: int | None,
    replicas: int | None,
    config: Path | None,
) -> LogTopics:
    from infra.config import load
    from infra.topics import LogTopics, principals_of

    return LogTopics(load(log=log, config=config), principals_of(principals or []), partitions, replicas)


def _end_with(differences: Sequence[str]) -> None:
    for line in differences:
        typer.echo(line)
    if differences:
        raise typer.Exit(1)
    typer.echo("the topics are as they have to be", err=True)
