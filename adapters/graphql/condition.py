"""Adds the faults of the read models to the `extensions` of every answer, while there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from strawberry.extensions import SchemaExtension

from projections.condition import Fault

Faults = Callable[[], Sequence[Fault]]


class ReadModelFaults(SchemaExtension):
    """`extensions.readModels` lists the faults; it is left out while every read model shows the whole log."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def get_results(self) -> dict[str, Any]:
        """See `SchemaExtension`."""
        faults = [
            {"name": fault.name or None, "fault": fault.kind.value, "detail": fault.detail}
            for fault in self._faults()
        ]
        return {"readModels": faults} if faults else {}
