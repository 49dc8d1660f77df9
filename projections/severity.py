"""How urgent an alert is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """INFO: a problem is over. WARNING: something failed. CRITICAL: a person should look now."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
