"""What was counted over all rounds: kept in a file, so that a long form can be spread over several runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Self

from msgspec import Struct, field, json


class Tally(Struct):
    """The counts of all rounds with one seed.

    `kills_at` has the kills by the step at which they came, `faults` those of the exchange that struck, by their kind,
    and `wrong` what was found doubled, lost or otherwise different. `recoveries` are the seconds from the start of an
    engine until it traded. `gave_up` counts the starts that ended by themselves at a fault of the exchange. `broken`
    has a text for each round that ended in a fault.
    """

    seed: int = 1
    lives: int = 0
    rounds: int = 0
    gave_up: int = 0
    orders: int = 0
    executions: int = 0
    events: int = 0
    kills_at: dict[str, int] = field(default_factory=dict[str, int])
    answers: dict[str, int] = field(default_factory=dict[str, int])
    faults: dict[str, int] = field(default_factory=dict[str, int])
    wrong: dict[str, int] = field(default_factory=lambda: {"doubled": 0, "lost": 0, "differs": 0})
    recoveries: list[float] = field(default_factory=list[float])
    broken: list[str] = field(default_factory=list[str])

    @property
    def kills(self) -> int:
        return sum(self.kills_at.values())

    @staticmethod
    def add(counts: dict[str, int], more: Mapping[str, int]) -> None:
        """Adds counts by name."""
        for name, number in more.items():
            counts[name] = counts.get(name, 0) + number

    def keep(self, path: Path) -> None:
        """Writes the tally as a whole, or leaves the file as it was."""
        beside = path.with_suffix(".new")
        beside.write_bytes(json.format(json.encode(self)))
        beside.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The tally that was kept in the file."""
        return json.decode(path.read_bytes(), type=cls)

    def table(self) -> str:
        """The counts as a table in Markdown."""
        rows = "\n".join(f"| {name} | {value} |" for name, value in self._rows())
        return f"| | |\n|---|---|\n{rows}"

    def _rows(self) -> Iterator[tuple[str, object]]:
        yield f"kills survived (seed {self.seed})", f"{self.kills:,}"
        yield from _counted(self.kills_at)
        yield "lives, rounds", f"{self.lives:,}, {self.rounds:,}"
        yield "starts that a fault of the exchange ended", self.gave_up
        yield "orders, executions, events", f"{self.orders:,}, {self.executions:,}, {self.events:,}"
        yield from ((name, number) for name, number in self.wrong.items())
        yield "rounds that ended in a fault", len(self.broken)
        yield "faults of the exchange that struck", f"{sum(self.faults.values()):,}"
        yield from _counted(self.faults)
        yield "answers to requests", f"{sum(self.answers.values()):,}"
        yield from _counted(self.answers)
        if self.recoveries:
            worst = f"{max(self.recoveries):.2f} s"
            yield "time to recover: median, worst", f"{median(self.recoveries):.2f} s, {worst}"


def _counted(counts: Mapping[str, int]) -> Iterator[tuple[str, object]]:
    return ((f"… {name}", f"{number:,}") for name, number in sorted(counts.items()))
