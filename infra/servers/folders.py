"""The folders of cached downloads and of the development servers' data."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "DEV_SERVERS_CACHE"
DEV_VARIABLE = "DEV_SERVERS_FOLDER"


def cache_folder() -> Path:
    """`$DEV_SERVERS_CACHE`, else the platform's cache folder for this user; created where it is missing."""
    return _created(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_path("whence"))


def dev_folder() -> Path:
    """`$DEV_SERVERS_FOLDER`, else the platform's state folder for this user; created where it is missing.

    For root, the default is outside root's home, because PostgreSQL runs as another user, who may not enter that home.
    """
    default = (
        Path("/var/lib/whence/dev") if os.geteuid() == 0 else platformdirs.user_state_path("whence") / "dev"
    )
    return _created(os.environ.get(DEV_VARIABLE) or default)


def _created(folder: str | Path) -> Path:
    path = Path(folder).expanduser().absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path
