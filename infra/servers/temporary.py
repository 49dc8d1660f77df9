"""A folder for servers of one test run."""

from __future__ import annotations

import tempfile
from pathlib import Path


def temporary_folder(name: str) -> Path:
    """A new folder that every user may enter, because PostgreSQL runs as another user."""
    base = Path(tempfile.mkdtemp(prefix=f"whence-{name}-"))
    base.chmod(0o711)
    return base
