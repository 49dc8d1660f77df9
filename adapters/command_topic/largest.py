"""The size of requests and answers, from which the settings of their topics follow."""

from __future__ import annotations

from typing import Final

LARGEST: Final = 64 * 1024
"""The largest size of a request or an answer, in bytes. Most have some hundred bytes."""
