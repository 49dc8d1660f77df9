"""An API key and its secret, and how they are kept out of logs and errors."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from msgspec import Struct

_HIDDEN = "***"
_SIGNATURE = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]|%2[BbFf]){43,}(?:=|%3[Dd]){1,2}(?!=)"
    r"|\b(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{64,}\b"
)
"""Hexadecimal or base64, also percent-encoded, of 32 bytes and more: HMACs of SHA-256 to SHA-512, RSA, Ed25519.

A long number is none: a dead letter keeps it as it came."""


class Credentials(Struct, frozen=True):
    """An API key, its secret, and the passphrase that some exchanges require. None is shown by `repr`."""

    key: str
    secret: str
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"Credentials({_HIDDEN})"

    def hide(self, text: str) -> str:
        """The text without key, secret, passphrase and signatures, also as an address or JSON spells them.

        It is called with what came from outside only (a response, an exception, a push), before that is put into a
        sentence of ours: a secret may be a word of it, as `demo` of `whence venue` is.
        """
        for hidden in (self.secret, self.key, self.passphrase):
            for spelled in _spellings(hidden):
                text = text.replace(spelled, _HIDDEN)
        return _SIGNATURE.sub(_HIDDEN, text)


NOBODY = Credentials("", "")
"""Those of queries of public data, which need no key."""


def _spellings(hidden: str) -> Sequence[str]:
    """The text as it is, in an address and in JSON; the longest first, because one may be a part of another."""
    if not hidden:
        return ()
    spelled = {hidden, quote(hidden), quote(hidden, safe=""), quote_plus(hidden), json.dumps(hidden)[1:-1]}
    return sorted(spelled, key=len, reverse=True)


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
        if record.exc_info:
            # An exception holds what a response quotes, and a formatter would print it beside the text.
            text = f"{text}\n{''.join(traceback.format_exception(*record.exc_info))}"
            record.exc_info = record.exc_text = None
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
