"""A folder for servers that live as long as one test run."""

from __future__ import annotations

import tempfile
from pathlib import Path


def temporary_folder(name: str) -> Path:
    """A new folder that every user may pass through: PostgreSQL's files in it belong to another one."""
    base = Path(tempfile.mkdtemp(prefix=f"whence-{name}-"))
    base.chmod(0o711)
    return base
