"""Libraries of the extras in `pyproject.toml`, which not every installation has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from domain.errors import MissingParts

BYBIT, EXCHANGES, FILES, ML, OBJECTS, OPTIMISE, PDF = (
    "bybit",
    "exchanges",
    "files",
    "ml",
    "objects",
    "optimise",
    "pdf",
)

_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    BYBIT: ("pybit", "requests", "tenacity", "websocket"),
    EXCHANGES: ("ccxt", "tenacity"),
    FILES: ("pyarrow",),
    ML: ("pyarrow", "sklearn"),
    OBJECTS: ("obstore",),
    PDF: ("weasyprint",),
    OPTIMISE: ("optuna", "tomli_w"),
}
"""The modules that each extra installs and that its adapter imports."""
_CHECKOUT = Path(__file__).parents[1]


def check_extras(what: str, *extras: str) -> None:
    """Raises MissingParts with the command that installs them where a library of these extras is not installed.

    `what` is the subject of the message. It is called before the adapter is imported, which would end in a traceback.
    """
    wanted = dict.fromkeys(module for extra in extras for module in _MODULES[extra])
    absent = [module for module in wanted if find_spec(module) is None]
    if absent:
        raise MissingParts(f"{what} needs {', '.join(absent)}: {install_line(*extras)}")


def install_line(*extras: str) -> str:
    """The command that installs these extras beside the running program: from its checkout where it runs from one."""
    names = ",".join(extras)
    if not (_CHECKOUT / "pyproject.toml").is_file():
        return f"pip install 'whence[{names}]'"
    return f"in the folder of Whence run .venv/bin/pip install -e '.[{names}]'"
