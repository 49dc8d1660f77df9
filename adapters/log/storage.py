"""The id of the storage of a log in a database: a random UUID, made with the log's tables and kept beside them."""

from __future__ import annotations

STORAGE = "log_storage"
"""The table with one row, whose column `id` holds the UUID."""


def storage_text(technology: str, storage_id: str) -> str:
    """The text that names a storage, in errors and in stores of read models."""
    return f"{technology} storage {storage_id}"
