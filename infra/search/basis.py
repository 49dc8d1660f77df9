"""What the trials of a study depend on, by name, so that a study is continued by no other search."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from adapters.simulated import RULES_VERSION
from adapters.tapes import Tape
from domain.candle_hash import candle_bytes
from domain.committees import POLICY_VERSION
from domain.settings import Settings
from infra.run.log_id import settings_form
from infra.run.plan import Plan
from infra.search.axis import Axis
from infra.search.objective import Objective
from infra.search.parts import Division
from infra.search.storage import Basis
from infra.search.study import BATCH
from infra.trading import strategy_of


def basis_of(
    plan: Plan,
    tapes: Sequence[Tape],
    axes: Sequence[Axis],
    objective: Objective,
    division: Division,
    seed: int,
) -> Basis:
    """The basis of a search; `plan` is that of the training without a change. The number of trials is not part of it:
    a study can be continued with more."""
    return {
        "tape": _candles(tapes),
        "search space": [one.spelled for one in axes],
        "objective": objective.measure.name,
        "seed": seed,
        "days": f"{division.training.spelled}, held out {_held_out(division)}",
        "division": [f"{one.name}: {one.spelled}" for one in division.all],
        "account": [plan.account, plan.stake.currency, str(plan.stake.balance), str(plan.stake.leverage)],
        "instruments": [repr(one) for one in plan.instruments],
        "settings": settings_form(plan.settings),
        "strategies' code": dict(_code(plan.settings)),
        "rules of this program": [RULES_VERSION, POLICY_VERSION, BATCH],
    }


def _held_out(division: Division) -> str:
    return "none" if division.held_out is None else division.held_out.spelled


def _candles(tapes: Sequence[Tape]) -> str:
    found = sha256()
    for tape in sorted(tapes, key=lambda one: one.instrument):
        for candle in tape.candles:
            found.update(candle_bytes(candle))
    return found.hexdigest()


def _code(settings: Settings) -> Iterator[tuple[str, str]]:
    """A hash of the source of each strategy: of all files beside it where its module is in a package."""
    for one in settings.strategies:
        kind = type(strategy_of(one))
        file = inspect.getsourcefile(kind)
        if file is None:
            continue
        path = Path(file)
        files = sorted(path.parent.glob("*.py")) if "." in kind.__module__ else [path]
        yield one.kind, sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:16]
