"""Parts of the API's responses to the query of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOG_ID = "5c3d2c0e-7d5f-4f7e-9d55-0d6a5b1f7a10"


def log(log_id: str) -> Mapping[str, Any]:
    """The first event of the log with this id."""
    return {"edges": [{"node": {"json": {"log_id": log_id}}}]}


LOG = log(LOG_ID)


def build(name: str, ordinal: int, kind: str = "TODAY", status: str = "LIVE") -> Mapping[str, Any]:
    """A build of a read model that has the log up to the ordinal."""
    return {"name": name, "kind": kind, "status": status, "ordinal": ordinal}
