"""A log as daily files of JSON lines, and back: docs/decisions/0089-export.md."""
