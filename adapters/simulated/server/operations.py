"""The operations of the public and private WebSockets: `auth`, `subscribe`, `unsubscribe`, `ping`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from adapters.simulated.server.json_values import EMPTY, UNREADABLE, list_of, object_of
from adapters.simulated.server.session import Session

ENCODE = msgspec.json.Encoder().encode
MOST_CHARACTERS = 21_000
"""Of the topics of one request."""

Message = Mapping[str, object]


def parsed(text: str) -> Message:
    """The message; empty where it is no JSON object."""
    try:
        message = msgspec.json.decode(text)
    except UNREADABLE:
        return {}
    return object_of(message) or EMPTY


def topics_of(message: Message) -> Sequence[str]:
    """The topics that a message names."""
    return [str(one) for one in list_of(message.get("args")) or ()]


def done(session: Session, message: Message, text: str = "") -> None:
    """Confirms an operation, with the client's `req_id`."""
    _reply(session, message, success=True, text=text)


def refused(session: Session, message: Message, text: str) -> None:
    """Refuses an operation; nothing of it was done."""
    _reply(session, message, success=False, text=text)


def fault_of(session: Session, topics: Sequence[str], known: Callable[[str], bool]) -> str | None:
    """Why a subscription is refused: it is too long, or has a topic that is not served, or that the session has already
    or names twice.
    """
    if sum(map(len, topics)) > MOST_CHARACTERS:
        return "error:request args is too long"
    seen: set[str] = set()
    for topic in topics:
        if not known(topic):
            return f"error:handler not found,topic:{topic}"
        if topic in session.topics or topic in seen:
            return f"error:already subscribed,topic:{topic}"
        seen.add(topic)
    return None if topics else "error:request args is empty"


def _reply(session: Session, message: Message, *, success: bool, text: str) -> None:
    session.send(
        ENCODE(
            {
                "success": success,
                "ret_msg": text,
                "conn_id": session.id,
                "req_id": message.get("req_id", ""),
                "op": message.get("op", ""),
            }
        )
    )
