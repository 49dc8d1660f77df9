"""The settings of `whence.toml` at the start of a live run on a log that has others: put in force, or named.

A log keeps its settings. Without a word a person who writes a limit into the file would trade without it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import repeat

from commands.door import Declined
from commands.starting import with_strategies
from commands.world import World
from domain.adjusting import names
from domain.errors import InvalidSettings
from domain.settings import Settings
from infra.run.adopting import changes_to, request_for
from infra.run.attending import Attending
from infra.run.live_plan import LivePlan

_log = logging.getLogger(__name__)


def started_with(world: World, plan: LivePlan) -> Settings:
    """The settings that are in force after the start of this plan on this log."""
    if world.log_id is None or plan.adopts_settings:
        return plan.settings
    return with_strategies(world.portfolio.settings.settings, plan.settings)


def put_in_force(run: Attending, plan: LivePlan, now: datetime) -> None:
    """Puts the settings of the plan in force where it adopts them; else logs a warning that names those that differ.
    `now` (UTC) is the time of the change. A resumed plan does neither.

    The strategies and the rules about their positions are those of the plan at every start (`commands/starting.py`).
    Raises InvalidSettings where the log declines them, and the log's errors.
    """
    if plan.is_resumed:
        return
    in_force = run.world.portfolio.settings
    changes = changes_to(with_strategies(in_force.settings, plan.settings), plan.settings)
    if not changes:
        return
    if not plan.adopts_settings:
        before = names(in_force.settings)
        differing = ", ".join(
            f"{name} = {value} (the log: {before[name]})" for name, value in changes.items()
        )
        _log.warning(
            "the log keeps its settings, and the configured ones differ: %s; --adopt-settings puts these in force",
            differing,
        )
        return
    answer = run.answer(request_for(changes, plan.account, in_force.version, now))
    if isinstance(answer, Declined):
        raise InvalidSettings(f"the changed settings cannot be adopted: {answer.reason}")


def sessions_of(plan: LivePlan) -> Iterator[LivePlan]:
    """The plan of each session of one program: only the first adopts or compares settings, because people may change
    them later.
    """
    yield plan
    yield from repeat(replace(plan, is_resumed=True))
