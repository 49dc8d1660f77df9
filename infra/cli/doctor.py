"""`whence doctor`: tests what a run needs, one line each."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from infra.cli.exchange_options import DemoOption, SecretsOption, TestnetOption
from infra.cli.options import AddressOption, ConfigOption, JsonOption, LogOption, StoreOption


def doctor(
    exchange: Annotated[
        str | None,
        typer.Option(
            "--exchange",
            metavar="NAME",
            help="Also test this exchange: bybit, or ccxt:NAME as ccxt:binanceusdm.",
        ),
    ] = None,
    testnet: TestnetOption = False,
    demo: DemoOption = False,
    address: AddressOption = None,
    secrets: SecretsOption = None,
    role: Annotated[
        str,
        typer.Option(
            "--role",
            help="Whose rights on Kafka are tested: engine, reader, api, notary, operator, "
            "publisher or scanner.",
        ),
    ] = "engine",
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tests every connection, right, schema, clock, disk and setting of a run; ends with 1 where one is at fault.

    Prints one line each: `ok` with what it saw, or `FAULT` with what is wrong and what to do. Each test has a time
    limit. It changes nothing but two: Kafka's clock is read by an empty record in a topic of its own, and a store of
    an earlier version is migrated, as by each program that opens it.
    """
    from domain.errors import InvalidInput, InvalidSettings
    from infra.config import load
    from infra.doctor.checks import CHECKS
    from infra.doctor.examination import Finding, examined
    from infra.doctor.subject import Subject
    from infra.run.place import Place
    from infra.topics import role_of

    place = None
    if exchange is not None:
        place = Place(exchange.lower(), testnet=testnet, demo=demo, address=address or "")
    elif testnet or demo or address:
        raise InvalidInput(
            "--testnet, --demo and --address are places of an exchange: name it with --exchange"
        )
    who = role_of(role)
    findings: list[Finding] = []

    def report(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            typer.echo(str(finding))

    try:
        subject = Subject(load(log=log, store=store, secrets=secrets, config=config), place, who)
        _ = subject.log
    except (InvalidSettings, InvalidInput) as fault:
        report(Finding("settings", is_ok=False, text=" ".join(str(fault).split())))
    else:
        for finding in examined(subject, CHECKS):
            report(finding)
    if as_json:
        rows = [{"check": one.name, "ok": one.is_ok, "text": one.text} for one in findings]
        typer.echo(json.dumps(rows, indent=2))
    if not all(one.is_ok for one in findings):
        raise typer.Exit(1)
