"""What `whence strategies describe` and docs/strategies.md state of a strategy beside its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.strategies.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A strategy's formula, the source of it, and when it loses: each plain text of a few sentences.

    `confidence` begins with the weighed sum by which the confidence of an ENTER is computed, and states its terms.
    `alpha` are the Alpha committee's limits that its signals need where the defaults would refuse most of them, by the
    name of the setting. `own` are other settings that an instance is meant to have, by their names in its table.
    `presets` are named parameters; those that a preset does not name have their defaults.

    `trend` is what computes this figure of a signal, `scores` the class of the scores of which the confidence is made;
    None where there are none. Their docstrings have the formulas and are printed: that of the class has a line for each
    score, its name and after two or more blanks its formula.
    """

    formula: str
    source: str
    loses: str
    confidence: str = ""
    alpha: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, str] = field(default_factory=dict[str, str])
    presets: Mapping[str, Parameters] = field(default_factory=dict[str, Parameters])
    scores: type | None = None
    trend: object = None
