"""What the API's process needs from the process that starts it: settings, plan, account, description, log level."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domain.errors import WhenceError

_S = TypeVar("_S")
_P = TypeVar("_P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Generic[_S, _P]):
    """`settings` and `plan` are those of the program; `description` is one line for the user; `level` is logging's, and
    `program` the name of the process that starts it in its log lines, which begins that of this process.

    `secret` signs confirmations in all processes of the API. `worker` is the number of this process, from 1, where
    there are several; 0 where it is the only one. Where no engine is in the process that starts it, `closed` is why
    requests are refused, or `is_distant`: they go to the engine by the command topic.
    """

    settings: _S
    plan: _P
    account: str
    description: str
    level: int
    program: str = ""
    secret: bytes = field(repr=False)
    worker: int = 0
    closed: WhenceError | None = None
    is_distant: bool = False

    def written(self) -> bytes:
        """The configuration as bytes for a process of this program.

        They hold secrets in clear text, so they are sent over the socket: arguments and environment variables of a
        process can be read by others.
        """
        return pickle.dumps(self)

    @classmethod
    def read(cls, written: bytes) -> Configuration[_S, _P]:
        """The configuration in `written`, which must come from the process that started this one."""
        # Safe: the socket's other end is held by the parent process alone, which runs the same program.
        found: Configuration[_S, _P] = pickle.loads(written)  # noqa: S301
        return found
