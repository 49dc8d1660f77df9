"""Why the API's process could not start, as a message to the engine's process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from domain.errors import InvalidInput, ServerFailed, WhenceError


class _Failure(msgspec.Struct, frozen=True, gc=False):
    """`code` is the name of the error's class in `domain.errors`."""

    code: str
    reason: str


def failure_bytes(fault: Exception) -> bytes:
    """The error as JSON. An error that is no WhenceError becomes a ServerFailed."""
    kind = type(fault) if isinstance(fault, WhenceError) else ServerFailed
    return msgspec.json.encode(_Failure(kind.__name__, str(fault)))


def read_failure(written: bytes) -> WhenceError:
    """The error in `written`, for raising. Raises InvalidInput where it is none."""
    try:
        failure = msgspec.json.decode(written, type=_Failure)
        kind = _KINDS[failure.code]
    except (msgspec.DecodeError, KeyError):
        raise InvalidInput("a report of a failed start cannot be read") from None
    # Some errors are made of several values; only their message was sent.
    return kind.__new__(kind, failure.reason)


def _with_all_below(kind: type[WhenceError]) -> Iterator[type[WhenceError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _with_all_below(below)


_KINDS: Mapping[str, type[WhenceError]] = {kind.__name__: kind for kind in _with_all_below(WhenceError)}
