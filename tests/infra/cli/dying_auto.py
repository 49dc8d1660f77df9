"""`whence models auto` in a process that kills itself (SIGKILL): `python -m tests.infra.cli.dying_auto STEP OPTION…`.

STEP is where it ends: `part`, while a part of the data set is being written; `sealed`, when all parts are and the data
set is not complete; `kept`, when the file is kept and not registered; `registered`, when the log has the registration
and the engine has not confirmed it, so before the role; `challenger`, when the log has the role as well.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from adapters.whole_file import replacing
from commands.engine import Engine
from commands.unit import Unit
from domain.model import ModelPromoted, ModelRegistered
from infra.cli import main
from infra.learning import build, parts
from infra.learning.model_store import ModelStore

_CONFIRM, _KEEP = Engine.confirm, ModelStore.keep


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL has ended this process")


def _write_half(place: Any, _write: object) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing(place) as file:
        file.write(b"PAR1 half of a part")
        file.flush()
        _die()


def _kept(self: ModelStore, data: bytes) -> NoReturn:
    _KEEP(self, data)
    _die()


def _confirming(kind: type) -> Callable[[Engine, Unit], None]:
    def confirm(self: Engine, unit: Unit) -> None:
        if any(isinstance(one.event, kind) for one in unit.envelopes):
            _die()
        _CONFIRM(self, unit)

    return confirm


STEPS: Mapping[str, tuple[object, str, object]] = {
    "part": (parts, "write_file", _write_half),
    "sealed": (build, "write_manifest", _die),
    "kept": (ModelStore, "keep", _kept),
    "registered": (Engine, "confirm", _confirming(ModelRegistered)),
    "challenger": (Engine, "confirm", _confirming(ModelPromoted)),
}
"""By step: what is replaced, and by what."""

if __name__ == "__main__":
    where, name, instead = STEPS[sys.argv.pop(1)]
    setattr(where, name, instead)
    main()
