"""The package that `whence strategies new` writes: a whole strategy, its test and its entry point."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from string import Template

from commands.identity import is_reserved
from domain.errors import InvalidInput
from domain.strategies.builtin import BUILTIN
from infra.trading import GROUP

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_PROJECT = Template("""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "whence-$name"
version = "0.1"
description = "A strategy for Whence."
requires-python = ">=3.11"

[project.entry-points."$group"]
$name = "$module:$class_name.from_parameters"

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]
""")

_STRATEGY = Template('''\
"""The strategy $name: a close above the highest high of the last bars is worth a long position."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.errors import InvalidSettings
from domain.strategies import Direction, Intent, Proposal
from domain.strategies.parameters import Parameters, read_parameters


@dataclass(frozen=True)
class ${class_name}Parameters:
    """`bars` is how many candles the channel has, `confidence` (0 to 1) what each signal claims."""

    bars: int = 20
    confidence: float = 0.7

    def __post_init__(self) -> None:
        if not 2 <= self.bars <= 1_000:
            raise InvalidSettings(f"strategy $name: bars must be from 2 to 1000, not {self.bars}")
        if not 0 <= self.confidence <= 1:
            raise InvalidSettings(f"strategy $name: confidence must be from 0 to 1, not {self.confidence}")


@dataclass(frozen=True)
class $class_name:
    """ENTER LONG at the close that leaves the channel upwards; stop at its lowest low, target twice as far away."""

    parameters: ${class_name}Parameters = field(default_factory=${class_name}Parameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> $class_name:
        """Raises InvalidSettings for a parameter that is unknown, no number, or out of its range."""
        return cls(read_parameters("$name", ${class_name}Parameters(), given))

    @property
    def name(self) -> str:
        return "$name"

    def watch(self) -> ${class_name}Watcher:
        """A watcher that has read no candle."""
        return ${class_name}Watcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        """What a watcher proposes at each candle."""
        watcher = self.watch()
        return [watcher.on_candle(candle) for candle in candles]


class ${class_name}Watcher:
    """One instrument's channel; it holds the candles before the one that is judged, and no later one."""

    def __init__(self, parameters: ${class_name}Parameters) -> None:
        self._parameters = parameters
        self._channel: deque[Candle] = deque(maxlen=parameters.bars)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Judges the candle, which is closed; None where nothing is proposed."""
        proposal = self._judged(candle) if len(self._channel) == self._parameters.bars else None
        self._channel.append(candle)
        return proposal

    def _judged(self, candle: Candle) -> Proposal | None:
        top = max(one.high for one in self._channel)
        stop = min(one.low for one in self._channel)
        if candle.close <= top:
            return None
        risk = EXACT.subtract(candle.close, stop)
        return Proposal(
            strategy="$name",
            instrument=candle.instrument,
            interval=candle.interval,
            direction=Direction.LONG,
            intent=Intent.ENTER,
            confidence=self._parameters.confidence,
            trend=1.0,
            price=candle.close,
            stop=stop,
            target=EXACT.add(candle.close, EXACT.multiply(risk, 2)),
            inputs={"top": float(top), "bottom": float(stop)},
        )
''')

_TEST = Template('''\
"""The strategy $name: deterministic, without a look ahead, and valid on every proposal."""

from __future__ import annotations

import unittest

from adapters.tapes import synthetic_tape
from domain.errors import InvalidSettings
from $module import $class_name

(TAPE,) = synthetic_tape(7, ["BTCUSDT"], candles=1_000)


class ${class_name}Test(unittest.TestCase):
    def test_it_proposes_with_the_stop_below_and_the_target_above_the_price(self) -> None:
        proposals = [one for one in $class_name().scan(TAPE.candles) if one is not None]
        self.assertTrue(proposals)
        for one in proposals:
            self.assertTrue(one.stop < one.price < one.target)

    def test_later_candles_do_not_change_earlier_proposals(self) -> None:
        whole = $class_name().scan(TAPE.candles)
        self.assertEqual($class_name().scan(TAPE.candles[:500]), whole[:500])

    def test_an_invalid_parameter_is_refused(self) -> None:
        with self.assertRaises(InvalidSettings):
            $class_name.from_parameters({"bars": 1})


if __name__ == "__main__":
    unittest.main()
''')


def written(name: str, folder: Path) -> Path:
    """Writes the package into the folder, which must not exist yet; returns the folder.

    Raises InvalidInput for a name that cannot be a package's or that a strategy has already.
    """
    _check(name)
    module = f"whence_{name.replace('-', '_')}"
    words = {
        "name": name,
        "module": module,
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "group": GROUP,
    }
    files = {"pyproject.toml": _PROJECT, f"{module}.py": _STRATEGY, f"test_{module}.py": _TEST}
    try:
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text.substitute(words), encoding="utf-8")
    except FileExistsError:
        raise InvalidInput(f"{folder} exists already; name another folder with --folder") from None
    except OSError as error:
        raise InvalidInput(f"{folder}: {error.strerror or type(error).__name__}") from None
    return folder


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name for a strategy: lower-case letters, digits and dashes, as in breakout-slow"
        )
    if is_reserved(name):
        raise InvalidInput(
            f"{name} is a name of the system itself, which no strategy may have; choose another one"
        )
    if name in {*BUILTIN, *entry_points(group=GROUP).names}:
        raise InvalidInput(f"a strategy is called {name} already; `whence strategies list` shows all")
