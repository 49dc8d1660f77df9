"""A git repository as a witness: each checkpoint is a commit, and the last one is read from there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from adapters.notary.notary import Extension
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, Refused

_SECONDS: Final = 60.0


class GitWitness:
    """A working tree of git, in which one file holds the last checkpoint of a log. See `Outlet`.

    Whoever clones or mirrors the repository holds every earlier checkpoint, and sees a changed history.
    """

    def __init__(self, repository: Path, origin: str) -> None:
        """Raises InvalidInput where there is no working tree."""
        self._repository, self._origin = repository, origin
        self._file = f"{origin.replace('/', '-')}.checkpoint"
        if not repository.is_dir() or self._git("rev-parse", "--is-inside-work-tree").strip() != "true":
            raise InvalidInput(
                f"{repository} is no working tree of git: make one with `git init {repository}`"
            )

    def last(self) -> str | None:
        """See `Outlet`: as it was committed, whatever the working tree holds."""
        if not self._git("rev-list", "--max-count=1", "--all"):
            return None
        if not self._git("ls-tree", "--name-only", "HEAD", "--", self._file):
            return None
        return self._git("show", f"HEAD:./{self._file}")

    def publish(self, extension: Extension) -> None:
        """See `Outlet`. Only this file is committed. Raises Refused where git does not."""
        try:
            replace_file(self._repository / self._file, str(extension.note).encode())
        except OSError as fault:
            raise Refused(f"{self._repository / self._file} cannot be written: {fault.strerror}") from None
        size = extension.note.text.split("\n")[1]
        self._git("add", "--", self._file)
        self._git("commit", "--quiet", "--message", f"{self._origin}: {size} events", "--", self._file)

    def close(self) -> None:
        """See `Outlet`."""

    def _git(self, *words: str) -> str:
        """The output of a command of git. Raises Refused, with what git has written, where it fails."""
        identity = {
            "GIT_AUTHOR_NAME": self._origin,
            "GIT_AUTHOR_EMAIL": "notary@localhost",
            "GIT_COMMITTER_NAME": self._origin,
            "GIT_COMMITTER_EMAIL": "notary@localhost",
            "GIT_TERMINAL_PROMPT": "0",
        }
        try:
            done = subprocess.run(
                ["git", "-C", str(self._repository), *words],
                env={**os.environ, **identity},
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise Refused(f"git does not run in {self._repository}: {fault}") from None
        if done.returncode:
            raise Refused(f"git {words[0]} in {self._repository}: {' '.join(done.stderr.split())}")
        return done.stdout
