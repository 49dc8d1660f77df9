"""What a message shows: its text, the buttons below it, and a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.telegram.text import MOST_CAPTION, Text

MOST_DATA = 64
"""The most bytes of what a button returns (Bot API, `InlineKeyboardButton.callback_data`)."""


def fits(data: str) -> bool:
    """Whether a button may return this."""
    return 1 <= len(data.encode()) <= MOST_DATA


@dataclass(frozen=True, slots=True)
class Button:
    """`data` comes back with a tap: a verb and its arguments, parted by colons."""

    label: str
    data: str

    def __post_init__(self) -> None:
        if not fits(self.data):
            raise ValueError(f"the data of a button has 1 to {MOST_DATA} bytes, not {self.data!r}")


Rows = tuple[tuple[Button, ...], ...]


class FileKind(StrEnum):
    """How a chat shows a file; the values are those of the Bot API's methods and parameters."""

    PHOTO = "photo"
    DOCUMENT = "document"


MOST_BYTES: Mapping[FileKind, int] = {FileKind.PHOTO: 10_000_000, FileKind.DOCUMENT: 50_000_000}
"""The most bytes of a file (Bot API, "Sending files": 10 MB for photos, 50 MB for other files)."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message carries."""

    kind: FileKind
    name: str
    body: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.body) <= MOST_BYTES[self.kind]:
            raise ValueError(f"a {self.kind} has 1 to {MOST_BYTES[self.kind]} bytes, not {len(self.body)}")


@dataclass(frozen=True, slots=True)
class Content:
    """A message; equal contents look the same, so that one that has not changed is not sent.

    The text of one with a file is the file's caption, of at most `MOST_CAPTION` units. Any other text is cut to what a
    message has room for, because a name, a reason or an error in it may have any length.
    """

    text: Text
    buttons: Rows = ()
    file: File | None = None

    def __post_init__(self) -> None:
        if self.file is None:
            object.__setattr__(self, "text", self.text.cut())
        elif self.text.length > MOST_CAPTION:
            raise ValueError(f"a caption has at most {MOST_CAPTION} UTF-16 units, not {self.text.length}")
