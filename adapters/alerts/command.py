"""Delivers messages to a program on this machine, as JSON on its standard input."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from adapters.alerts.notice import Message
from adapters.alerts.place import Undelivered

_SECONDS = 30.0
_LONGEST_REASON = 200


class Command:
    """Runs a program for each message; the exit code 0 confirms the message. No shell is involved.

    A program that runs longer than 30 seconds is killed.
    """

    name = "command"

    def __init__(self, words: Sequence[str], seconds: float = _SECONDS) -> None:
        self._words, self._seconds = tuple(words), seconds

    def deliver(self, message: Message) -> None:
        """See `Place`."""
        program = self._words[0]
        try:
            done = subprocess.run(
                self._words, input=message.body(), capture_output=True, timeout=self._seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise Undelivered(f"{program} did not end within {self._seconds:g} s") from None
        except OSError as fault:
            raise Undelivered(f"{program} cannot be run: {fault.strerror}") from None
        if done.returncode:
            raise Undelivered(f"{program} ended with exit code {done.returncode}{_reason(done.stderr)}")


def _reason(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    shown = "".join(one if one.isprintable() else " " for one in last)
    return f": {shown[:_LONGEST_REASON]}" if shown else ""
