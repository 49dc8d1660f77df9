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

from tests.adversary.cut_broker import cut_broker
from tests.torture.progress import shown
from tests.torture.rounds import Place, on_kafka, run_round
from tests.torture.tallies import Tally
from tests.torture.zygote import Zygote

Places = Callable[[Path], Place]
"""Where a round is, from its folder."""


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
    with _places(log) as place, shown(tally, kills):
        tortured(tally, kills, each, pace, place, lambda: _show(tally, state))
    typer.echo(tally.table())
    for text in tally.broken:
        typer.echo(text, err=True)
    if tally.broken:
        sys.exit(1)


def tortured(
    tally: Tally, kills: int, each: int, pace: float, place: Places, judged: Callable[[], None]
) -> None:
    """Runs rounds until so many kills are in the tally; calls `judged` after each. The folder of a good round is
    removed.
    """
    with Zygote() as zygote:
        while tally.kills < kills:
            folder = Path(tempfile.mkdtemp(prefix="torture-")) / "round"
            before = len(tally.broken)
            run_round(place(folder), zygote, tally, min(each, kills - tally.kills), pace)
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
def _places(log: str) -> Generator[Places]:
    """Raises BadParameter for another place than the two."""
    if log == "sqlite":
        yield lambda folder: Place(folder, f"sqlite:///{folder}/live.db")
    elif log == "kafka":
        with cut_broker("torture") as behind:
            yield lambda folder: on_kafka(folder, behind, f"torture.{uuid4().hex}")
    else:
        raise typer.BadParameter("--log is sqlite or kafka")


if __name__ == "__main__":
    typer.run(torture)
