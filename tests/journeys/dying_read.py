"""`whence paper --live` that is killed around a signal on a reading: `python -m tests.journeys.dying_read STEP paper`.

STEP is where the process ends by SIGKILL: `decided`, when the unit of the first signal with a book is decided and not
appended yet, or `recorded`, when the log has it, before its state changes or its order is sent.
"""

from __future__ import annotations

import os
import signal
import sys

from commands import engine
from commands.engine import Engine
from commands.identity import Identity
from commands.scorer import NO_SCORES, Scores
from commands.stimulus import Stimulus
from commands.unit import Unit, decide
from commands.world import Branch
from domain.signal import SignalDetected
from infra.cli import main

_CONFIRM = Engine.confirm


def _kill_with_a_book(unit: Unit) -> None:
    if any(isinstance(one.event, SignalDetected) and one.event.book is not None for one in unit.envelopes):
        os.kill(os.getpid(), signal.SIGKILL)


def _decided(branch: Branch, stimulus: Stimulus, identity: Identity, scores: Scores = NO_SCORES) -> Unit:
    unit = decide(branch, stimulus, identity, scores)
    _kill_with_a_book(unit)
    return unit


def _recorded(self: Engine, unit: Unit) -> None:
    _kill_with_a_book(unit)
    _CONFIRM(self, unit)


if __name__ == "__main__":
    if sys.argv.pop(1) == "decided":
        engine.__dict__["decide"] = _decided
    else:
        Engine.confirm = _recorded  # type: ignore[method-assign]
    main()
