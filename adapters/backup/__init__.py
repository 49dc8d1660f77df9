"""Backups in parts that never change, in a folder or an object store: docs/decisions/0148-backups.md."""
