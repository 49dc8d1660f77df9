"""PyTorch, which the extra `torch` installs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from domain.errors import MissingParts


def is_installed() -> bool:
    return find_spec("torch") is not None


def pytorch() -> Any:
    """The module; it has no types here. Raises MissingParts where it is not installed."""
    check_installed()
    return import_module("torch")


def check_installed() -> None:
    """Raises MissingParts where PyTorch is not installed."""
    if not is_installed():
        raise MissingParts(
            "the sequence model is trained by PyTorch, which is not installed: `make torch`, or "
            "`.venv/bin/pip install -e '.[ml,torch]'` (5 GB on Linux)"
        )


@contextmanager
def repeatable(seed: int) -> Generator[Any]:
    """The module, within the block on one thread, with a seed and deterministic algorithms.

    Equal rows, seed and versions then give equal weights on a CPU; on a GPU they may differ in the last bits.
    """
    torch = pytorch()
    threads, was = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng():
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(mode=True, warn_only=torch.cuda.is_available())
        torch.manual_seed(seed)
        try:
            yield torch
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(mode=was)
