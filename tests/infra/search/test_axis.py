"""What --search accepts, what it tries, and what it refuses before the first trial."""

from __future__ import annotations
