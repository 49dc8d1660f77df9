"""`whence schemas`: the schemas of the events, in this program and in a registry, and the schema of the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, InvalidSettings, UnknownSchema
from infra.cli.options import ConfigOption, whole

if TYPE_CHECKING:
    from rich.table import Table

    from adapters.avro.schema import WriterSchema
    from adapters.registry.registry import Registry

schemas_app = typer.Typer(
    name="schemas",
    no_args_is_help=True,
    help="Prints, registers and checks the schemas of the events and of the API.",
)

RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="URL",
        envvar="SCHEMA_REGISTRY_URL",
        help="A Confluent-compatible registry; default: `registry.url` in the settings.",
    ),
]
TopicOption = Annotated[str, typer.Option("--topic", help="The topic of the events.")]


@schemas_app.command("list")
def list_schemas() -> None:
    """Lists the current schema of every event, with its version and fingerprint."""
    from adapters.avro.schema import past_schemas
    from infra.cli.output import console_of

    table = _table("event", "version", "fingerprint", "earlier")
    for schema in _sorted():
        earlier = [str(version) for name, version in sorted(past_schemas()) if name == schema.name]
        table.add_row(schema.name, str(schema.version), schema.fingerprint.hex(), " ".join(earlier))
    console_of().print(table)


@schemas_app.command()
def show(
    event: Annotated[str, typer.Argument(help="The event, as OrderFilled or whence.order.OrderFilled.")],
    version: Annotated[
        int | None,
        typer.Option(
            "--version",
            parser=whole(),
            metavar="N",
            help="An earlier version; default: the current one.",
        ),
    ] = None,
) -> None:
    """Prints one schema as JSON."""
    schema = _named(event)
    if version not in (None, schema.version):
        schema = _earlier(schema, version or 0)
    typer.echo(json.dumps(schema.source, indent=2, ensure_ascii=False))


@schemas_app.command()
def graphql() -> None:
    """Prints the schema of the GraphQL API."""
    from adapters.graphql.schema import printed

    typer.echo(printed(), nl=False)


@schemas_app.command()
def register(
    registry: RegistryOption = None, topic: TopicOption = "whence.events", config: ConfigOption = None
) -> None:
    """Registers the current schemas; registered ones stay as they are."""
    with _registry(registry, topic, config) as place:
        done = [place.register(schema) for schema in _sorted()]
    new = [registration for registration in done if registration.is_new]
    for registration in new:
        typer.echo(f"{registration.subject}: registered as {registration.schema_id}")
    typer.echo(
        f"{len(done)} schemas at {place.address}: {len(new)} new, {len(done) - len(new)} already registered."
    )


@schemas_app.command()
def check(
    registry: RegistryOption = None, topic: TopicOption = "whence.events", config: ConfigOption = None
) -> None:
    """Checks whether the current schemas are registered for the topic; exits with 4 where one is not."""
    from infra.cli.output import console_of

    with _registry(registry, topic, config) as place:
        rows = [(schema, place.find(schema), place.compatibility_of(schema)) for schema in _sorted()]
    table = _table("subject", "version", "id", "compatibility")
    for schema, found, compatibility in rows:
        schema_id = "not registered" if found is None else str(found)
        table.add_row(place.subject_of(schema), str(schema.version), schema_id, compatibility)
    console_of().print(table)
    absent = sum(found is None for _, found, _ in rows)
    if absent:
        raise UnknownSchema(
            f"{absent} schemas are not registered at {place.address}: whence schemas register "
            f"--registry {place.address} --topic {topic}"
        )


def _sorted() -> list[WriterSchema]:
    from adapters.avro.schema import current_schemas

    return [current_schemas()[name] for name in sorted(current_schemas())]


def _named(event: str) -> WriterSchema:
    from adapters.avro.schema import current_schemas

    for name, schema in current_schemas().items():
        if event in (name, name.rpartition(".")[2]):
            return schema
    raise InvalidInput(f"there is no event {event!r}: `whence schemas list` names all events")


def _earlier(schema: WriterSchema, version: int) -> WriterSchema:
    from adapters.avro.schema import past_schemas

    try:
        return past_schemas()[schema.name, version]
    except KeyError:
        raise InvalidInput(
            f"{schema.name} has versions 1 to {schema.version}, but no version {version}"
        ) from None


def _registry(url: str | None, topic: str, config: Path | None) -> Registry:
    from adapters.registry.registry import Registry
    from infra.config import load, unmasked

    properties = unmasked(load(config=config).registry)
    if url is not None:
        properties["url"] = url
    if "url" not in properties:
        raise InvalidSettings(
            "no registry is configured: name it with --registry URL, or as `url` in the table [registry]"
        )
    return Registry(properties, topic)


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
