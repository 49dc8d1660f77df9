"""The progress of builds on the terminal: ordinal, events per second, lag and remaining time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from infra.run.rebuilding import Reached


class _Rate(ProgressColumn):
    """Events per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s", justify="right")


class _Lag(ProgressColumn):
    """The number of remaining events."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.remaining or 0:,.0f} behind", justify="right")


class Advance:
    """One progress line for each build; prints nothing where the output is not a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            _Lag(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            speed_estimate_period=5,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._progress.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress.console.is_terminal:
            self._progress.stop()

    def report(self, reached: Sequence[Reached]) -> None:
        """Shows the progress of each build in each of its partitions."""
        self.show(
            {
                f"{one.build.projection} build {one.build.id}.{one.partition}": (one.ordinal, one.head)
                for one in reached
            }
        )

    def show(self, lines: Mapping[str, tuple[int, int]]) -> None:
        """Shows a line for each name, with its ordinal and head."""
        for name, (ordinal, head) in lines.items():
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name, completed=ordinal, total=head)
            self._progress.update(self._tasks[name], completed=ordinal, total=max(head, ordinal))
