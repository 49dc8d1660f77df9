"""`whence api`: GraphQL over a log, and manual trading where no other engine owns it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from infra.cli.options import AccountOption, ConfigOption, LogOption, PortOption, StoreOption, whole

if TYPE_CHECKING:
    from infra.cli.serving import Ownership


def api(
    log: LogOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; callers from other machines need tokens.")
    ] = "127.0.0.1",
    port: PortOption = 8000,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of the certificate, PEM.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another host name that requests may use; repeatable."),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Origin of a page that may call the API; repeatable."),
    ] = None,
    rate: Annotated[
        str, typer.Option(help="Maximum rate of each token (or address), as 600/minute.")
    ] = "600/minute",
    workers: Annotated[
        int,
        typer.Option(parser=whole(1, 64), metavar="N", help="Processes that serve the API together."),
    ] = 1,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Do not own the log: queries and subscriptions only.")
    ] = False,
    no_engine: Annotated[
        bool,
        typer.Option(
            "--no-engine",
            help="Never own the log: on Kafka, requests go to the engine that another program starts, sooner or later.",
        ),
    ] = False,
    no_introspection: Annotated[
        bool, typer.Option("--no-introspection", help="Refuse introspection of the schema.")
    ] = False,
    no_graphiql: Annotated[
        bool, typer.Option("--no-graphiql", help="Do not serve the GraphiQL page.")
    ] = False,
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Signed checkpoints, or the notary's folder; default: that of this user's notary.",
        ),
    ] = None,
    opens_page: Annotated[bool, typer.Option("--open", help="Open the dashboard in a browser.")] = False,
    config: ConfigOption = None,
) -> None:
    """Serves the dashboard at / and GraphQL at /graphql, with manual orders where no other engine owns the log."""
    from infra.cli.serving import ApiOptions, plan_of, serve
    from infra.config import load

    settings = load(log=log, store=store, account=account, config=config)
    options = ApiOptions(
        host=host,
        port=port,
        tls_cert=tls_cert,
        tls_key=tls_key,
        allow_host=tuple(allow_host or ()),
        cors_origin=tuple(cors_origin or ()),
        rate=rate,
        workers=workers,
        introspection=not no_introspection,
        graphiql=not no_graphiql,
        checkpoints=checkpoints,
        opens_page=opens_page,
    )
    serve(settings, plan_of(options), _ownership(read_only=read_only, no_engine=no_engine))


def _ownership(*, read_only: bool, no_engine: bool) -> Ownership:
    from infra.cli.serving import Ownership

    if read_only:
        return Ownership(closed=Refused("this API was started with --read-only"))
    return Ownership(elsewhere=Refused("this API was started with --no-engine")) if no_engine else Ownership()
