"""Libraries of the extras in `pyproject.toml`, which not every installation has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from domain.errors import MissingParts

BYBIT, EXCHANGES, FAST, FILES, ML, OBJECTS, OPTIMISE, PDF, RELOAD, TELEGRAM = (
    "bybit",
    "exchanges",
    "fast",
    "files",
    "ml",
    "objects",
    "optimise",
    "pdf",
    "reload",
    "telegram",
)

_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    BYBIT: ("pybit", "requests", "tenacity", "websocket"),
    EXCHANGES: ("ccxt", "tenacity"),
    FAST: ("numba",),
    FILES: ("pyarrow",),
    ML: ("pyarrow", "sklearn"),
    OBJECTS: ("obstore",),
    PDF: ("weasyprint",),
    OPTIMISE: ("optuna", "tomli_w"),
    RELOAD: ("watchfiles",),
    TELEGRAM: ("fluent.runtime", "PIL", "telegram"),
}
"""The modules that each extra installs and that its adapter imports."""
_CHECKOUT = Path(__file__).parents[1]


def check_extras(what: str, *extras: str) -> None:
    """Raises MissingParts with the command that installs them where a library of these extras is not installed.

    `what` is the subject of the message. It is called before the adapter is imported, which would end in a traceback.
    """
    absent = _absent(extras)
    if absent:
        raise MissingParts(f"{what} needs {', '.join(absent)}: {install_line(*extras)}")


def has_extras(*extras: str) -> bool:
    """Whether the libraries of these extras are installed."""
    return not _absent(extras)


def install_line(*extras: str) -> str:
    """The command that installs these extras beside the running program: from its checkout where it runs from one."""
    names = ",".join(extras)
    if not (_CHECKOUT / "pyproject.toml").is_file():
        return f"pip install 'whence[{names}]'"
    return f"in the folder of Whence run .venv/bin/pip install -e '.[{names}]'"


def _absent(extras: Sequence[str]) -> list[str]:
    """The modules of these extras that are not installed."""
    wanted = dict.fromkeys(module for extra in extras for module in _MODULES[extra])
    return [module for module in wanted if find_spec(module) is None]
