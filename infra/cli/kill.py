"""`whence kill` and `whence reset`: the kill switch of a running engine, from a shell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from infra.cli.options import AccountOption, ConfigOption, LogOption, StoreOption, web_address

if TYPE_CHECKING:
    from commands.door import Answer
    from commands.request import ResetKillSwitch, TripKillSwitch
    from infra.config import WhenceSettings

    Switch = TripKillSwitch | ResetKillSwitch

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is recorded with your name.")]
ApiOption = Annotated[
    str,
    typer.Option(
        "--api",
        parser=web_address,
        metavar="URL",
        help="Address of the engine's API; not needed for a log on Kafka, which has a topic of requests.",
    ),
]
_HERE = "http://127.0.0.1:8000"


def kill(
    reason: ReasonOption,
    api: ApiOption = _HERE,
    log: LogOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Trips the kill switch: no new exposure, entries are cancelled, positions are treated as risk.on_kill says.

    Protective stops stay at the exchange until a position is flat. Prints what is left.
    """
    from commands.request import TripKillSwitch
    from infra.config import load

    settings = load(log=log, store=store, account=account, config=config)
    _send(settings, api, TripKillSwitch(reason), "the kill switch is tripped")
    _print_left(settings)


def reset(
    reason: ReasonOption,
    api: ApiOption = _HERE,
    log: LogOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Resets the kill switch, so that entries are judged again."""
    from commands.request import ResetKillSwitch
    from infra.config import load

    settings = load(log=log, store=store, account=account, config=config)
    _send(settings, api, ResetKillSwitch(reason), "the kill switch is reset")


def _send(settings: WhenceSettings, api: str, request: Switch, done: str) -> None:
    """Sends the request by the command topic of a log on Kafka, else by the API.

    Raises Refused where it is declined.
    """
    from adapters.log.address import parse_address
    from infra.logs import open_reader
    from infra.run.commanding import has_command_topic
    from infra.run.shell_door import by_api, by_topic

    parse_address(settings.log)
    open_reader(settings).close()  # a log that does not exist is refused before a store is made for it
    send: Callable[[], Answer] = (
        (lambda: by_topic(settings, request))
        if has_command_topic(settings)
        else (lambda: by_api(settings, api, request))
    )
    _report(send(), done)


def _report(answer: Answer, done: str) -> None:
    from commands.door import Completed, Declined, TimedOut

    match answer:
        case Completed():
            typer.echo(f"{done}{f': {answer.note}' if answer.note else ''}")
        case Declined():
            raise Refused(answer.reason)
        case TimedOut():
            raise Refused(f"no answer: {answer.known}")
        case _:
            raise AssertionError(answer)


def _print_left(settings: WhenceSettings) -> None:
    """Prints what the log holds after the trip; the engine goes on closing it."""
    from commands.world import World
    from infra.logs import open_reader
    from infra.run.holding import held

    with closing(open_reader(settings)) as log:
        world = World().fold_all(recorded.envelope for recorded in log.read())
    for line in held(world.portfolio):
        typer.echo(line)
