"""The keys of what a screen's buttons confirm: each has the time at which its screen was opened.

Telegram states no time of a tap, and a webhook may deliver one long after it. A button is refused once what it showed
is older than `EXPIRES`, however the tap arrives, so a late tap cannot move what nobody has seen lately.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

EXPIRES: Final = timedelta(minutes=2)
_AHEAD: Final = timedelta(seconds=5)
"""A key of a later time than this is none of this program's: no clock is set back so often."""
_KEY: Final = re.compile(r"([0-9a-f]{8})[0-9a-f]{8}")


def new_key(now: datetime) -> str:
    """A key of 16 hexadecimal digits: the seconds of the time since 1970, and 32 random bits."""
    return f"{int(now.timestamp()):08x}{secrets.token_hex(4)}"


def is_expired(key: str, now: datetime) -> bool:
    """Whether the screen with this key was opened too long ago; true for a key of another form."""
    found = _KEY.fullmatch(key)
    if found is None:
        return True
    return not -_AHEAD <= now - datetime.fromtimestamp(int(found[1], 16), UTC) <= EXPIRES
