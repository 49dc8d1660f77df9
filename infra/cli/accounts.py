"""`whence accounts`: engines that share the accounts of a topic by its partitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, whole

if TYPE_CHECKING:
    from adapters.kafka.client import Clients
    from adapters.log.address import KafkaAddress
    from infra.config import WhenceSettings

accounts_app = typer.Typer(
    name="accounts", no_args_is_help=True, help="Trades several accounts, shared by several processes."
)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The accounts, each with its partition.")]


@accounts_app.callback()
def accounts() -> None:
    """Trades several accounts, shared by several processes."""


@accounts_app.command()
def run(
    file: FileArgument,
    spares: Annotated[
        int,
        typer.Option(
            parser=whole(0, 64),
            metavar="N",
            help="Processes that wait, imported, for accounts of other nodes: each saves seconds of a takeover.",
        ),
    ] = 1,
    log: LogOption = None,
    config: ConfigOption = None,
) -> None:
    """Trades the accounts of a file that this process leases, until Ctrl-C or SIGTERM.

    Start it on as many machines as needed, with the same file: the accounts are distributed over them. Those of a
    process that is killed are traded by the others, each after it was compared with the exchange.
    """
    import logging
    from contextlib import closing
    from functools import partial

    from adapters.kafka.client import Clients
    from adapters.kafka.leases import PartitionLeases
    from adapters.processes.announcement import ProcessRole
    from domain.errors import InvalidInput
    from infra.accounts import read_accounts, words_of
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logging import configure
    from infra.logs import client_of
    from infra.run.announcing import Loop, Program, TurningStops, announced
    from infra.run.engine_starts import EngineStarts
    from infra.run.leased_engines import LeasedEngines
    from infra.run.node_standing import NodeStanding

    settings = load(log=log, config=config)
    address, found = _topic(settings), read_accounts(file)
    _check(file, settings)
    configure(logging.INFO, "accounts")
    clients = Clients.of_cluster(address.servers, client_of(settings), _PATIENCE)
    partitions = _partitions(clients, address)
    if beyond := [one for one in found if one.partition >= partitions]:
        raise InvalidInput(
            f"{file}: account {beyond[0].name}: {address.topic} has {partitions} partitions: "
            f"`whence topics apply --partitions {max(one.partition for one in found) + 1}` adds those that are missing"
        )
    words = partial(words_of, servers=address.servers, topic=address.topic)
    with (
        stoppable() as stopping,
        closing(EngineStarts(words, spares)) as starts,
        closing(PartitionLeases(clients, address.topic)) as leases,
    ):
        engines, loop = LeasedEngines(leases, found, starts), Loop()
        with announced(settings, Program(ProcessRole.NODE, ""), NodeStanding(engines, leases, loop)):
            engines.run(TurningStops(stopping, loop).requested)


def _check(file: Path, settings: WhenceSettings) -> None:
    """Runs `whence accounts check` in a process of its own: a node has no use for what that imports."""
    import subprocess
    import sys

    program = (sys.executable, "-c", "from infra.cli import main; main()")
    checked = subprocess.run(
        [*program, "accounts", "check", str(file), "--log", settings.log],
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if checked.returncode:
        raise typer.Exit(checked.returncode)


@accounts_app.command()
def check(file: FileArgument, log: LogOption = None, config: ConfigOption = None) -> None:
    """Checks the accounts of a file, as their engines would: options, settings and keys. Nothing is traded."""
    from functools import partial

    from infra.accounts import read_accounts, words_of
    from infra.cli.account_check import check_accounts
    from infra.config import load

    settings = load(log=log, config=config)
    address, found = _topic(settings), read_accounts(file)
    check_accounts(found, partial(words_of, servers=address.servers, topic=address.topic))
    typer.echo(f"{len(found)} accounts can be traded")


@accounts_app.command(name="list")
def list_accounts(
    file: FileArgument, log: LogOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Lists the accounts of a file, each with its partition and the process that leased it last.

    Whether that process is healthy is shown by `whence status`.
    """
    from adapters.kafka.client import Clients
    from adapters.kafka.leases import lease_owners
    from infra.accounts import read_accounts
    from infra.cli.rows import show
    from infra.config import load
    from infra.logs import client_of

    settings = load(log=log, config=config)
    address, found = _topic(settings), read_accounts(file)
    clients = Clients.of_cluster(address.servers, client_of(settings), _PATIENCE)
    owners = lease_owners(clients, address.topic, _partitions(clients, address))
    rows = [
        {"account": one.name, "partition": one.partition, "last owner": owners.get(one.partition, "")}
        for one in found
    ]
    show(rows, as_json=as_json)


_PATIENCE = 30.0


def _topic(settings: WhenceSettings) -> KafkaAddress:
    from adapters.log.address import KafkaAddress, parse_address
    from domain.errors import InvalidInput

    address = parse_address(settings.log)
    if not isinstance(address, KafkaAddress):
        raise InvalidInput(
            "accounts are shared over the partitions of a log on Kafka: --log kafka://HOST:PORT/TOPIC"
        )
    return address


def _partitions(clients: Clients, address: KafkaAddress) -> int:
    from domain.errors import InvalidInput

    topic = clients.admin.topics([address.topic]).get(address.topic)
    if topic is None:
        raise InvalidInput(
            f"there is no topic {address.topic}: `whence topics apply --partitions N` makes it"
        )
    return len(topic.partitions)
