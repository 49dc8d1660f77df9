"""The fingerprint of the code that makes states of events: a snapshot is valid for the code that made it alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

_KINDS = (".py", ".pyc", ".avsc")


def fingerprint(packages: Iterable[str]) -> bytes:
    """The digest (32 bytes) of the source files and schemas of these packages and modules.

    It changes with every change of a file, also of a comment: a snapshot that is refused without need costs one replay,
    and a snapshot of other rules would be a wrong state.
    """
    digest = sha256()
    for name, file in _sources(packages):
        content = file.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.digest()


def _sources(packages: Iterable[str]) -> Iterator[tuple[str, Traversable]]:
    for package in packages:
        parent, _, module = package.rpartition(".")
        found = files(package) if _is_package(package) else files(parent).joinpath(f"{module}.py")
        yield from _walked(package, found)


def _is_package(name: str) -> bool:
    parent, _, last = name.rpartition(".")
    return not parent or files(parent).joinpath(last).is_dir()


def _walked(name: str, found: Traversable) -> Iterator[tuple[str, Traversable]]:
    if not found.is_dir():
        yield name, found
        return
    for one in sorted(found.iterdir(), key=lambda one: one.name):
        if (one.is_dir() and one.name != "__pycache__") or one.name.endswith(_KINDS):
            yield from _walked(f"{name}/{one.name}", one)
