"""`whence routes`: lists the open routes to other engines, and ends one whose engine never starts again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.kill import HERE, ApiOption, ReasonOption, TokenFileOption
from infra.cli.options import ConfigOption, JsonOption, LogAccountOption, LogOption, StoreOption

if TYPE_CHECKING:
    from domain.portfolio import Portfolio

routes_app = typer.Typer(
    name="routes", invoke_without_command=True, help="Lists the open routes to other engines, and ends one."
)


@routes_app.callback()
def list_(
    context: typer.Context,
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists every open route of the log's account, oldest first."""
    if context.invoked_subcommand is not None:
        return
    from infra.cli.kill import engine_of, portfolio_of

    rows = list(route_rows(portfolio_of(engine_of(log, None, account, config))))
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(
            f"{row['route']}  {row['routed_at']}  {row['owner']}: {row['intent']} {row['direction']} in "
            f"{row['instrument']}, {row['state']}"
        )
    if not rows:
        typer.echo("no route is open")


def route_rows(portfolio: Portfolio) -> Iterator[dict[str, str]]:
    """One row an open route: `route` (its chain), `routed_at` (UTC), `owner`, `intent`, `direction`, `instrument`
    there, `proposed` here, `state`, and `signal`, its id in the other log, empty before it was taken.
    """
    for one in sorted(portfolio.routes.values(), key=lambda route: (route.routed_at, route.chain)):
        yield {
            "route": one.chain,
            "routed_at": one.routed_at.isoformat(timespec="seconds"),
            "owner": one.owner,
            "intent": one.routed.intent.value,
            "direction": one.routed.direction.value,
            "instrument": one.routed.instrument,
            "proposed": one.proposed,
            "state": one.state.lower(),
            "signal": one.taken_as,
        }


@routes_app.command()
def end(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's chain, as listed.")],
    reason: ReasonOption,
    nothing_held: Annotated[
        bool,
        typer.Option(
            "--nothing-held",
            help="States that the other account has neither a position nor an order of the route.",
        ),
    ] = False,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Ends a route to an engine that never starts again: entries are made here again (docs/venues.md)."""
    from commands.request import EndRoute
    from infra.cli.kill import carried_out, engine_of, report

    settings = engine_of(log, store, account, config)
    answer, state = carried_out(settings, api, token_file, EndRoute(route, reason, nothing_held))
    report(answer, f"the route {route} is ended", state, lambda portfolio: route not in portfolio.routes)
