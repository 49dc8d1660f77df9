"""Starts one server as a child process, prints its pid, and ends it when the parent process has ended.

This file runs as a script (`python -I leash.py`), so it imports only the standard library. Standard input is a pipe to
which nothing is written: the end of that input means that the parent has closed the pipe or has ended in any way.
Linux's death signal does not suffice: it is sent when the thread that forked ends, and exists only on Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Runs the server and returns its exit code; returns 0 at once where the server is detached."""
    options = _options()
    child = _start(options)
    _publish(child.pid, options.pid_file)
    if options.detach:
        os._exit(0)  # The child outlives this program on purpose; a normal exit would warn of it.
    orphaned = threading.Event()
    threading.Thread(target=_end_with_parent, args=(child.pid, options.signal, orphaned), daemon=True).start()
    code = child.wait()
    if orphaned.is_set() and options.remove is not None:
        shutil.rmtree(options.remove, ignore_errors=True)
    return code


def _publish(pid: int, file: Path) -> None:
    file.write_text(str(pid))
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()


class _Options(argparse.Namespace):
    log: Path
    pid_file: Path
    user: str | None
    remove: Path | None
    signal: signal.Signals
    detach: bool
    command: list[str]


def _options() -> _Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("--pid-file", required=True, type=Path)
    parser.add_argument("--user", help="run the server as this user (only root may)")
    parser.add_argument("--remove", type=Path, help="folder to delete where the parent dies")
    parser.add_argument(
        "--signal", type=_signal, default=signal.SIGKILL, help="signal that ends the server then"
    )
    parser.add_argument("--detach", action="store_true", help="let the server outlive its parent")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(namespace=_Options())


def _signal(name: str) -> signal.Signals:
    return signal.Signals[name]


def _start(options: _Options) -> subprocess.Popen[bytes]:
    with options.log.open("ab") as log:
        return subprocess.Popen(
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if options.detach else die_with_this_program(),  # noqa: PLW1509
            user=options.user,
            group=_group_of(options.user),
            extra_groups=[] if options.user else None,
        )


def _group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def die_with_this_program() -> Callable[[], object] | None:
    """On Linux, a call in the child that ends it even where this program is killed; None elsewhere."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_parent(pid: int, ending: signal.Signals, orphaned: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)
    orphaned.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, ending)


if __name__ == "__main__":
    sys.exit(main())
