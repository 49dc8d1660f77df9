"""Presets: named parameters of a strategy, written out before they are in force."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import InvalidSettings
from domain.plain_text import meant
from domain.strategies.builtin import about

PRESET = "preset"
"""The parameter that names a preset."""


def written_out(strategy: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters with those of the preset that they name, if any; a given parameter replaces the preset's.

    So the log records each figure, and a later change of a preset changes no log. A strategy of another package has no
    presets: its parameters are returned as they are. Raises InvalidSettings for an unknown preset.
    """
    known = about(strategy)
    if known is None or PRESET not in given:
        return given
    name, own = given[PRESET], {key: value for key, value in given.items() if key != PRESET}
    if name not in known.presets:
        there = f"there are: {', '.join(known.presets)}" if known.presets else "it has none"
        raise InvalidSettings(
            f"strategy {strategy}: no preset is called {name!r}{meant(name, known.presets)}; {there}"
        )
    return {**{key: str(value) for key, value in known.presets[name].items()}, **own}
