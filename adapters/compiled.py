"""Functions that are compiled to machine code (extra `fast`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_NJIT: Any = njit
_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(*signature: Any) -> Callable[[_Function], _Function]:
    """Compiles when the module is imported, once a machine: what was compiled is kept beside the module's file.

    Operations of floats stay in their order, as numba does without `fastmath`. A division by zero raises nothing.
    """
    return cast("Callable[[_Function], _Function]", _NJIT(*signature, cache=True, error_model="numpy"))
