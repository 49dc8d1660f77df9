"""The parameters of the grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.grid import MOST_LEVELS, MOST_ROUNDS, MOST_SECONDS
from domain.strategies.parameters import Rule, periods, refuse_faults

_MOST_HOURS = MOST_SECONDS // 3600


@dataclass(frozen=True, slots=True)
class GridParameters:
    """`levels` entries, `spacing` apart as a fraction of the close; with `geometric` = 1, of the level before.

    `short` = 1 sells above the close instead of buying below it. `stop_spacings` is the distance of the stop beyond the
    outermost level and `bound_spacings` that of the bound from the close, in spacings. A grid lies between the prices
    `floor` and `ceiling`; 0 is no bound. `efficiency` is the period of the efficiency ratio in bars,
    `efficiency_maximum` its greatest value at which a grid is proposed. Each level is entered at most `rounds` times
    within `lifetime_hours`. Raises InvalidSettings, naming every field that is out of range.
    """

    levels: int = 5
    spacing: float = 0.005
    geometric: int = 0
    short: int = 0
    stop_spacings: float = 1.0
    bound_spacings: float = 2.0
    floor: float = 0.0
    ceiling: float = 0.0
    efficiency: int = 24
    efficiency_maximum: float = 0.3
    rounds: int = 20
    lifetime_hours: int = 48
    meanings: ClassVar[Mapping[str, str]] = {
        "levels": "the number of entries",
        "spacing": "distance of two levels, a fraction of the close, or of the level before where geometric is 1",
        "geometric": "1 for levels at equal ratios, 0 for levels at equal distances",
        "short": "1 to sell above the close, 0 to buy below it",
        "stop_spacings": "distance of the stop beyond the outermost level, in spacings",
        "bound_spacings": "distance of the bound from the close, in spacings",
        "floor": "the lowest price at which a grid may lie; 0 is no bound",
        "ceiling": "the highest price at which a grid may lie; 0 is no bound",
        "efficiency": "period of the efficiency ratio, in bars",
        "efficiency_maximum": "the greatest efficiency ratio at which a grid is proposed",
        "rounds": "how often each level is entered at the most",
        "lifetime_hours": "the time after which the grid ends, in hours",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("grid", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield "levels", f"from 1 to {MOST_LEVELS}", 1 <= self.levels <= MOST_LEVELS
        yield "spacing", "from 0.0001 to 0.2", 0.0001 <= self.spacing <= 0.2
        yield "geometric", "0 or 1", self.geometric in (0, 1)
        yield "short", "0 or 1", self.short in (0, 1)
        yield "stop_spacings", "from 0.1 to 20", 0.1 <= self.stop_spacings <= 20.0
        yield "bound_spacings", "from 0.1 to 20", 0.1 <= self.bound_spacings <= 20.0
        yield "floor", "0 or above", self.floor >= 0.0
        yield "ceiling", f"0, or above floor ({self.floor})", self.ceiling == 0.0 or self.ceiling > self.floor
        yield from periods(self, "efficiency")
        yield "efficiency", "at least 2 bars", self.efficiency >= 2
        yield "efficiency_maximum", "from 0 to 1", 0.0 <= self.efficiency_maximum <= 1.0
        yield "rounds", f"from 1 to {MOST_ROUNDS}", 1 <= self.rounds <= MOST_ROUNDS
        yield "lifetime_hours", f"from 1 to {_MOST_HOURS}", 1 <= self.lifetime_hours <= _MOST_HOURS
