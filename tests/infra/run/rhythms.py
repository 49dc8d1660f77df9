"""The rhythm of a program that a test runs by its command line, which has no options for most of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from infra.cli import live
from infra.run.live_plan import LivePlan, Rhythm


def change_rhythm(change: Callable[[Rhythm], Rhythm]) -> None:
    """From now on every plan of `whence live` in this process has the changed rhythm."""
    plan = live.live_plan

    def planned(*given: Any, **named: Any) -> LivePlan:
        made = plan(*given, **named)
        return replace(made, rhythm=change(made.rhythm))

    live.live_plan = planned
