"""The version of the simulator's rules: a log says by which its orders were filled."""

from __future__ import annotations

from typing import Final

from domain.errors import InvalidInput

RULES_VERSION: Final = 1
"""Rises with every change that would fill the same orders on the same candles differently."""

_PLAYABLE: Final = frozenset({1})


def check_playable(version: int) -> None:
    """Raises InvalidInput, naming the version, where orders cannot be filled by these rules any more."""
    if version not in _PLAYABLE:
        raise InvalidInput(
            f"this log was made by version {version} of the simulator's rules, and this program plays "
            f"{', '.join(map(str, sorted(_PLAYABLE)))}: resume it with the program that made it"
        )
