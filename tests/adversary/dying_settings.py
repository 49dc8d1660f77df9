"""Engines that die between changes of settings: `python -m tests.adversary.dying_settings LOG [STEP ...]`.

A person submits changes, submits more, applies what is held and rolls back. A step is the moment before or after an
append; a child process ends at it by SIGKILL. Another child then opens the log, and the person sends every request
again, with the same keys. `LOG` is the address of a log, to which the number of the step is added; without steps every
step is tried. One line of JSON is printed for each: `whole` without a death, then the deaths.

Children are forked, so the parent has no threads; therefore this is a program of its own and not part of a test.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from commands.door import Completed
from commands.request import ChangeSettings, Request, Requested, ReviewSettings, SubmitSettings
from domain import settings as settings_of
from domain.held import Review, SettingsHeld, id_of
from domain.log import EventLog
from domain.settings import NONE_IN_FORCE, InForce, Settings, SettingsChanged
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.beginning import Beginning
from infra.run.manual import ManualRun
from infra.run.stake import Stake
from tests.journeys.dying import DyingLog, Steps, in_child

AT = datetime(2026, 3, 2, tzinfo=UTC)
BEGINNING = Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(5)), Settings())
REQUESTS: Sequence[Request] = (
    SubmitSettings({"risk.max_positions": "9", "risk.cooldown_seconds": "1000"}, "two more symbols"),
    SubmitSettings({"risk.freshness_seconds": "60"}, "a slow feed"),
    ReviewSettings(
        id_of(["risk.max_positions = 9 (before: 5)", "risk.freshness_seconds = 60 (before: 30)"]),
        Review.APPLY,
        "agreed",
    ),
    ChangeSettings(
        {"risk.max_positions": "5", "risk.cooldown_seconds": "900", "risk.freshness_seconds": "30"},
        "rolled back to version 1",
    ),
)


class KilledAt(Steps):
    """Steps of which one ends this process by SIGKILL."""

    def __call__(self) -> None:
        self.taken += 1
        if self.taken == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def play(address: str, step: Steps) -> None:
    """Sends the requests to an engine on this log, and prints what the log and the engine have after each."""
    with closing(open_owned(WhenceSettings(log=address))) as log:
        run = ManualRun(DyingLog(log, step), BEGINNING, lambda _envelope: None, clock=lambda: AT)
        states = [shown(run.world.portfolio.settings)]
        begun, steps = shown(folded(log)), [step.taken]
        for number, request in enumerate(REQUESTS):
            answer = run.answer(
                Requested(
                    id=f"k{number}",
                    account="paper",
                    actor="eve",
                    valid_until=AT + timedelta(minutes=1),
                    request=request,
                )
            )
            assert isinstance(answer, Completed), answer
            states.append(shown(run.world.portfolio.settings))
            steps.append(step.taken)
        run.close()
        outcome = {"folded": begun, "states": states, "steps": steps, "head": log.head()}
        sys.stdout.write(f"{json.dumps(outcome)}\n")
        sys.stdout.flush()


def folded(log: EventLog) -> InForce:
    """The settings in force and what is held, by the log's events alone."""
    state = NONE_IN_FORCE
    for recorded in log.read():
        if isinstance(recorded.envelope.event, SettingsChanged | SettingsHeld):
            state = settings_of.evolve(state, recorded.envelope.event)
    return state


def shown(state: InForce) -> Sequence[object]:
    """The version, the three limits that the requests change, and the held changes as lines."""
    risk = state.settings.risk
    limits = [risk.max_positions, risk.cooldown_seconds, risk.freshness_seconds]
    return [state.version, limits, [f"{one} {one.by} {one.since}" for one in state.held]]


def died(address: str, step: int) -> None:
    """An engine dies at this step, and the next one goes on."""
    in_child(partial(play, address, KilledAt(step)))
    in_child(partial(play, address, Steps()))


def main(address: str, steps: Sequence[str]) -> None:
    """Raises ValueError for a step that is no number."""
    work: Callable[[], object] = partial(play, address.format("whole"), Steps())
    in_child(work)
    for step in steps:
        died(address.format(step), int(step))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
