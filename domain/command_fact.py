"""A request as an outside fact: `command:<key>/<fingerprint>`, the cause of every event that follows from the request.

`<key>` is the idempotency key; logs from before fingerprints have `command:<key>`. A key that another person used is
recorded as `<key>@<hash of the actor>`, so that both requests have chains of their own.
"""

from __future__ import annotations

from hashlib import blake2b

COMMAND = "command:"
_MARK = "/"
_ACTOR = "@"
_ACTOR_BYTES = 6


def command_fact(key: str, fingerprint: str = "") -> str:
    """The fact of a request. Without a fingerprint it is `command:<key>`, from which chain ids are derived."""
    return f"{COMMAND}{key}{_MARK}{fingerprint}" if fingerprint else f"{COMMAND}{key}"


def actors_key(key: str, actor: str) -> str:
    """The key of this actor's request where another actor used `key` before: `<key>@<12 hexadecimal digits>`.

    The digits are a BLAKE2b hash (RFC 7693) of the actor's name.
    """
    return f"{key}{_ACTOR}{blake2b(actor.encode(), digest_size=_ACTOR_BYTES).hexdigest()}"


def is_command(cause: str) -> bool:
    """Whether the cause is the fact of a request."""
    return cause.startswith(COMMAND)


def key_and_fingerprint(cause: str) -> tuple[str, str]:
    """The key and the fingerprint of a request's fact; the fingerprint is empty if the fact has none."""
    key, _, fingerprint = cause.removeprefix(COMMAND).partition(_MARK)
    return key, fingerprint


def chain_fact(cause: str) -> str:
    """The cause without its fingerprint. Chain ids are derived from this form, so every key has exactly one chain."""
    return cause.partition(_MARK)[0] if is_command(cause) else cause


def spellings(fact: str) -> tuple[str, str] | None:
    """The bounds (low <= cause < high) of all causes with a fingerprint and the key of `fact`; None where `fact` is not
    `command:<key>`.
    """
    if not is_command(fact) or _MARK in fact:
        return None
    return f"{fact}{_MARK}", f"{fact}{chr(ord(_MARK) + 1)}"
