"""The dependencies of a pom, fetched once from Maven Central into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

from domain.errors import MissingParts, ServerFailed
from infra.servers.folders import cache_folder
from infra.servers.java import find_java

_FETCH_SECONDS = 900
_MINIMUM_JAVA = 17


def resolved(pom: Path) -> Path:
    """The folder with every run-time dependency of `pom`, fetched where it is not in the cache.

    The folder is keyed by the pom's content, filled in a temporary folder and moved into place under a lock, so that
    concurrent processes share one fetch and an interrupted fetch leaves no incomplete folder. Raises `MissingParts`
    without Maven, and `ServerFailed` with Maven's output where the fetch fails.
    """
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"{pom.parent.name}-{digest}"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            _fetch(pom, folder)
    return folder


def unpacked(pom: Path) -> Path:
    """The folder with the unpacked content of the only archive that `pom` names. Raises what `resolved` raises."""
    archives = resolved(pom)
    folder = archives.with_name(archives.name + "-unpacked")
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            _unpack(archives, folder)
    return folder


def _fetch(pom: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as aside:
        _run_maven(pom, Path(aside) / "files")
        (Path(aside) / "files").rename(folder)


def _unpack(archives: Path, folder: Path) -> None:
    (archive,) = archives.iterdir()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as aside:
        shutil.unpack_archive(archive, Path(aside) / "files")
        (Path(aside) / "files").rename(folder)


def _run_maven(pom: Path, output: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingParts(
            "Maven (mvn) is needed to fetch the servers: `python -m infra.servers.system_parts`"
        )
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies"]
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={output}"]
    java_home = find_java(_MINIMUM_JAVA).executable.resolve().parents[1]
    done = subprocess.run(
        command + options,
        env={**os.environ, "JAVA_HOME": str(java_home)},
        capture_output=True,
        text=True,
        timeout=_FETCH_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ServerFailed(
            f"Maven could not fetch the dependencies of {pom}:\n{done.stdout.strip()}\n{done.stderr.strip()}"
        )
