"""`whence paper --live` that is killed around a score: `python -m tests.journeys.dying_scored STEP paper OPTION…`.

STEP is where the process ends by SIGKILL: `scored`, when the first scores have been computed and their unit is not
appended yet, or `recorded`, when the log has the unit, before its state changes, an order is sent or the request has
its response.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from commands.engine import Engine
from commands.scorer import ModelScorer, Scores, ScoreWanted
from commands.unit import Unit
from domain.scored import SignalScored
from infra.cli import main

_SCORE, _CONFIRM = ModelScorer.scores, Engine.confirm


def _kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL has ended this process")


def _scored(self: ModelScorer, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
    _SCORE(self, at, wanted)
    _kill()


def _recorded(self: Engine, unit: Unit) -> None:
    if any(isinstance(one.event, SignalScored) for one in unit.envelopes):
        _kill()
    _CONFIRM(self, unit)


if __name__ == "__main__":
    if sys.argv.pop(1) == "scored":
        ModelScorer.scores = _scored  # type: ignore[method-assign]
    else:
        Engine.confirm = _recorded  # type: ignore[method-assign]
    main()
