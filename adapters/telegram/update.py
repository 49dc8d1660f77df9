"""What a user did: a text or a tap."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, with the id of its message."""

    text: str
    message: int


@dataclass(frozen=True, slots=True)
class Tap:
    """A tapped button: `id` is answered, `data` is that of the button, `message` the message with the button."""

    id: str
    data: str
    message: int


@dataclass(frozen=True, slots=True)
class Update:
    """`id` grows with each update of the bot. `act` is None for what this program does not use, such as a
    picture; `user` and `chat` are 0 for one without them."""

    id: int
    user: int
    chat: int
    act: Typed | Tap | None
