"""The progress of a torture on a terminal: kills so far, their share, and the time that remains."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tests.torture.tallies import Tally


class _Following(Progress):
    """Shows the kills of a tally whenever it is drawn, ten times a second."""

    def __init__(self, tally: Tally, kills: int, console: Console) -> None:
        columns = (
            TextColumn("kills"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        super().__init__(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tally = tally
        self.add_task("kills", total=kills, completed=tally.kills)

    def get_renderables(self) -> Iterable[RenderableType]:
        """See `Progress`, which calls it once before there is a task."""
        for task in self.task_ids:
            self.update(task, completed=self._tally.kills)
        return super().get_renderables()


@contextmanager
def shown(tally: Tally, kills: int) -> Generator[None]:
    """Shows the progress on a terminal's standard error within the context; nothing elsewhere."""
    with _Following(tally, kills, Console(stderr=True)):
        yield
