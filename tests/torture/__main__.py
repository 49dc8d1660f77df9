"""The torture: `python -m tests.torture --kills 2000 --state torture.json`; see docs/torture.md."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from infra.servers.kafka import KafkaBroker
from infra.servers.temporary import temporary_folder
from tests.torture.progress import shown
from tests.torture.rounds import Place, run_round
from tests.torture.tallies import Tally
from tests.torture.zygote import Zygote

Addresses = Callable[[Path], str]
"""The address of a round's log, from the round's folder."""


def torture(
    kills: Annotated[int, typer.Option(help="Kills in all; those of the state file count.")] = 100,
    log: Annotated[str, typer.Option(help="Where the logs are: sqlite or kafka.")] = "sqlite",
    seed: Annotated[
        int, typer.Option(help="Repeats the plans of all lives; the state file's comes first.")
    ] = 1,
    state: Annotated[Path | None, typer.Option(help="Keeps the counts, and goes on from them.")] = None,
    each: Annotated[int, typer.Option(help="Kills of a round, which has one log.")] = 25,
    pace: Annotated[float, typer.Option(help="Divides the engine's patience with the exchange.")] = 10.0,
) -> None:
    """Kills `whence live` again and again against `whence venue`, restarts it, and compares both."""
    tally = Tally.read(state) if state is not None and state.exists() else Tally(seed=seed)
    with _addresses(log) as address, shown(tally, kills):
        tortured(tally, kills, each, pace, address, lambda: _show(tally, state))
    typer.echo(tally.table())
    for text in tally.broken:
        typer.echo(text, err=True)
    if tally.broken:
        sys.exit(1)


def tortured(
    tally: Tally, kills: int, each: int, pace: float, address: Addresses, judged: Callable[[], None]
) -> None:
    """Runs rounds until so many kills are in the tally; calls `judged` after each. The folder of a good round is
    removed.
    """
    with Zygote() as zygote:
        while tally.kills < kills:
            folder = Path(tempfile.mkdtemp(prefix="torture-")) / "round"
            before = len(tally.broken)
            place = Place(folder, address(folder))
            run_round(place, zygote, tally, min(each, kills - tally.kills), pace)
            if len(tally.broken) == before:
                shutil.rmtree(folder.parent)
            judged()


def _show(tally: Tally, state: Path | None) -> None:
    if state is not None:
        tally.keep(state)
    typer.echo(
        f"round {tally.rounds}: {tally.kills:,} kills, {tally.orders:,} orders, {tally.executions:,} executions, "
        f"{len(tally.broken)} rounds with a fault",
        err=True,
    )


@contextmanager
def _addresses(log: str) -> Generator[Addresses]:
    """Raises BadParameter for another place than the two."""
    if log == "sqlite":
        yield lambda folder: f"sqlite:///{folder}/live.db"
    elif log == "kafka":
        with KafkaBroker(temporary_folder("torture"), brief=True) as broker:
            yield lambda _: f"kafka://{broker.url}/torture.{uuid4().hex}"
    else:
        raise typer.BadParameter("--log is sqlite or kafka")


if __name__ == "__main__":
    typer.run(torture)
