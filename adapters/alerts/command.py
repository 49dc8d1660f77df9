"""Delivers messages to a program on this machine, as JSON on its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO

from adapters.alerts.notice import Message
from adapters.alerts.place import Undelivered

_SECONDS = 30.0
_LONGEST_REASON = 200
_LAST_BYTES = 4_096


class Command:
    """Runs a program for each message; the exit code 0 confirms the message. No shell is involved.

    A program that runs longer than 30 seconds is killed, with the programs that it started. Its output is not kept,
    but for the end of what it writes to its standard error.
    """

    name = "command"

    def __init__(self, words: Sequence[str], seconds: float = _SECONDS) -> None:
        self._words, self._seconds = tuple(words), seconds

    def deliver(self, message: Message) -> None:
        """See `Place`."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
            given.write(message.body())
            given.seek(0)
            code = self._run(given, errors)
            if code:
                raise Undelivered(f"{self._words[0]} ended with exit code {code}{_reason(errors)}")

    def _run(self, given: IO[bytes], errors: IO[bytes]) -> int:
        """Waits for the program itself, not for programs that it leaves running with its output."""
        try:
            process = subprocess.Popen(
                self._words, stdin=given, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
        except OSError as fault:
            raise Undelivered(f"{self._words[0]} cannot be run: {fault.strerror}") from None
        try:
            return process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise Undelivered(f"{self._words[0]} did not end within {self._seconds:g} s") from None


def _reason(errors: IO[bytes]) -> str:
    """The last line of the standard error, without invisible characters."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(size - _LAST_BYTES, 0))
    lines = errors.read(_LAST_BYTES).decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    shown = "".join(one if one.isprintable() else " " for one in last)
    return f": {shown[:_LONGEST_REASON]}" if shown else ""
