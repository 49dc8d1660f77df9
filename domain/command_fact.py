"""The outside fact that a request is: `command:<key>/<fingerprint>`, the cause of all that follows from it.

`<key>` is the idempotency key. Logs written before requests had fingerprints hold `command:<key>`.
"""

from __future__ import annotations

COMMAND = "command:"
_MARK = "/"


def command_fact(key: str, fingerprint: str = "") -> str:
    """The fact of a request; without a fingerprint its older form, which the ids of chains are made from."""
    return f"{COMMAND}{key}{_MARK}{fingerprint}" if fingerprint else f"{COMMAND}{key}"


def is_command(cause: str) -> bool:
    """Whether the cause is a request."""
    return cause.startswith(COMMAND)


def key_and_fingerprint(cause: str) -> tuple[str, str]:
    """Both parts of a request's fact; the fingerprint is empty where the log holds none."""
    key, _, fingerprint = cause.removeprefix(COMMAND).partition(_MARK)
    return key, fingerprint


def chain_fact(cause: str) -> str:
    """The fact that the chain's id is made from: a key has one chain, whatever the request with it."""
    return cause.partition(_MARK)[0] if is_command(cause) else cause


def spellings(fact: str) -> tuple[str, str] | None:
    """The bounds (low <= cause < high) of the causes with a fingerprint that `command:<key>` stands for, else None."""
    if not is_command(fact) or _MARK in fact:
        return None
    return f"{fact}{_MARK}", f"{fact}{chr(ord(_MARK) + 1)}"
