"""The ids that a registry gave to schemas, remembered in a file for the time when the registry does not respond.

An id in a registry never changes its schema, so a remembered id is as good as a fresh one. The file can be deleted; it
is made anew by the next responses of the registry.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from adapters.whole_file import replace_file

_log = logging.getLogger(__name__)


class RememberedIds:
    """Schema ids with the fingerprints of their schemas; kept in `file`, or only in memory where it is None."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._fingerprints = _read(file)

    def fingerprint(self, schema_id: int) -> bytes | None:
        """The fingerprint of the schema with this id; None where it is not remembered."""
        return self._fingerprints.get(schema_id)

    def id_of(self, fingerprint: bytes) -> int | None:
        """The id of the schema with this fingerprint; None where it is not remembered."""
        return next((one for one, known in self._fingerprints.items() if known == fingerprint), None)

    def add(self, schema_id: int, fingerprint: bytes) -> None:
        """Remembers an id. A file that cannot be written is logged; the id is then remembered in memory."""
        if self._fingerprints.get(schema_id) == fingerprint:
            return
        self._fingerprints[schema_id] = fingerprint
        if self._file is None:
            return
        text = json.dumps({str(one): known.hex() for one, known in sorted(self._fingerprints.items())})
        try:
            replace_file(self._file, text.encode())
        except OSError as fault:
            _log.warning("the registry's ids cannot be remembered in %s: %s", self._file, fault.strerror)


def _read(file: Path | None) -> dict[int, bytes]:
    if file is None:
        return {}
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return {int(one): bytes.fromhex(known) for one, known in held.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as fault:
        _log.warning("the remembered ids of the registry in %s cannot be read: %s", file, fault)
        return {}
