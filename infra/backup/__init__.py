"""Backups of logs in parts, their retention, and drills: docs/decisions/0148-backups.md."""
