"""An API key and its secret, and how they are kept out of logs and errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from msgspec import Struct

_HIDDEN = "***"
_SIGNATURE = re.compile(r"\b[0-9a-f]{64}\b|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?!=)")


class Credentials(Struct, frozen=True):
    """An API key, its secret, and the passphrase that some exchanges require. None is shown by `repr`."""

    key: str
    secret: str
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"Credentials({_HIDDEN})"

    def hide(self, text: str) -> str:
        """The text without key, secret, passphrase and signatures (SHA-256 in hexadecimal digits or base64)."""
        for hidden in (self.secret, self.key, self.passphrase):
            if hidden:
                text = text.replace(hidden, _HIDDEN)
        return _SIGNATURE.sub(_HIDDEN, text)


class _Filter(logging.Filter):
    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (
            TypeError,
            ValueError,
        ):  # arguments that do not fit their text, which logging itself would report
            text = f"{record.msg} {record.args}"
        record.msg, record.args = self._credentials.hide(text), None
        return True


@contextmanager
def hidden_from(credentials: Credentials, names: Sequence[str]) -> Generator[None]:
    """Within the context, whatever these loggers log at any level holds neither key, secret nor signature."""
    hiding = _Filter(credentials)
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addFilter(hiding)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(hiding)
