"""The values that an engine puts into every event: the log's id, the account and the run."""

from __future__ import annotations

from unicodedata import normalize
from uuid import UUID

from msgspec import Struct

from domain.committees import POLICY_VERSION
from domain.log import LOG_STREAM, OUTSIDE_FACTS

ENGINE = "engine"
"""The actor of commands that follow from an event or from the market."""
EXCHANGE = "exchange"
"""The actor of an exchange's reports."""
RESERVED_ACTORS = frozenset({"anonymous", ENGINE, EXCHANGE, "settings", "system"})
"""Names that have another meaning as an event's actor, so that no person may have them."""
RESERVED_SOURCES = RESERVED_ACTORS | OUTSIDE_FACTS | {LOG_STREAM}
"""Names that have another meaning in a log, so that no scanner of signals may have them."""


OF_A_SOURCE = "source:"
"""What the actor of a source of signals begins with."""


def is_reserved(name: str) -> bool:
    """Whether a name has another meaning in a log, in any spelling, so that no strategy and no scanner may have it."""
    plain = normalize("NFKC", name).casefold().strip()
    return plain in RESERVED_SOURCES or plain.startswith(OF_A_SOURCE)


class Identity(Struct, frozen=True, gc=False):
    """The log's id, the account, and the run that does the work (`paper`, `live`).

    `policy` is the version of the policy by which signals are judged: an earlier one in a backtest only.
    """

    log_id: UUID
    account: str
    source: str
    policy: int = POLICY_VERSION
