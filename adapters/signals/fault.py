"""Why a signal is not taken: an HTTP status, and the faults, each with code, message and field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.codes import Code


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is for programs, `message` for people; `field` is the body's field or the header, None where it is none
    of them."""

    code: Code
    message: str
    field: str | None = None


class NotTaken(Exception):
    """The request is answered with `status`, `faults` and `headers`; nothing was recorded."""

    def __init__(
        self, status: int, faults: Sequence[Fault], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("; ".join(one.message for one in faults))
        self.status, self.faults, self.headers = status, faults, headers or {}

    @classmethod
    def of(cls, status: int, code: Code, message: str, field: str | None = None) -> NotTaken:
        """One fault."""
        return cls(status, [Fault(code, message, field)])
