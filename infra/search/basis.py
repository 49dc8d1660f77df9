"""What the trials of a study depend on, by name, so that a study is continued by no other search."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.simulated import RULES_VERSION
from adapters.tapes import Tape
from domain.committees import POLICY_VERSION
from infra.run.log_id import settings_form
from infra.run.plan import Plan
from infra.search.axis import Axis
from infra.search.objective import Objective
from infra.search.parts import Division
from infra.search.sources import candles_hash, code_hashes
from infra.search.storage import Basis
from infra.search.study import BATCH


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
        "tape": candles_hash(tapes),
        "search space": [one.spelled for one in axes],
        "objective": objective.measure.name,
        "seed": seed,
        "days": f"{division.training.spelled}, held out {_held_out(division)}",
        "division": [f"{one.name}: {one.spelled}" for one in division.all],
        "account": [plan.account, plan.stake.currency, str(plan.stake.balance), str(plan.stake.leverage)],
        "instruments": [repr(one) for one in plan.instruments],
        "settings": settings_form(plan.settings),
        "strategies' code": dict(code_hashes(plan.settings)),
        "rules of this program": [RULES_VERSION, POLICY_VERSION, BATCH],
    }


def _held_out(division: Division) -> str:
    return "none" if division.held_out is None else division.held_out.spelled
