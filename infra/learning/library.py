"""scikit-learn, which the extra `ml` installs, on one thread: sums of several threads differ in the last bits."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final

_LIBRARIES: Final = ("whence", "scikit-learn", "numpy", "scipy")


def learners(module: str) -> Any:
    """The module of scikit-learn, such as `ensemble`, which has no types."""
    return importlib.import_module(f"sklearn.{module}")


def versions() -> Mapping[str, str]:
    """The versions of what trains."""
    return {name: version(name) for name in _LIBRARIES}


@contextmanager
def one_thread() -> Generator[None]:
    """Within the block neither OpenMP nor BLAS uses a second thread."""
    importlib.import_module("sklearn")
    pools: Any = importlib.import_module("threadpoolctl")
    with pools.threadpool_limits(limits=1):
        yield
