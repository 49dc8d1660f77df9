"""The settings of a command that needs a log."""

from __future__ import annotations

from adapters.log.address import SqliteAddress, parse_address
from domain.errors import InvalidInput
from infra.config import WhenceSettings, load


def loaded(**given: object) -> WhenceSettings:
    """The settings with what was given. Raises InvalidInput where the log is a file that does not exist."""
    settings = load(**given)
    log = parse_address(settings.log)
    if isinstance(log, SqliteAddress) and not log.path.exists():
        raise InvalidInput(
            f"there is no log at {log.path}; `whence paper` and `whence live` begin one with --log {log}"
        )
    return settings
