"""Processes of `whence` that begin with the program imported: forks of a server that has imported it once.

    python -m tests.journeys.prepared DESCRIPTOR

The imports are most of the processor time of a short command. A fork is otherwise a process as from a shell: it has the
arguments, folder, environment and descriptors that it is given, and ends as the interpreter ends. The start of the
interpreter itself is no part of it: `tests/infra/cli/test_imports.py` and the README's tests start the installed
program.

There are two servers, used in turn: each has its own order of sets (the seed of hashes), so two runs that are compared
differ in it, as two runs from a shell do.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module, invalidate_caches
from itertools import cycle
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

WHENCE = Path(sys.executable).with_name("whence")
_ROOT = Path(__file__).parents[2]
_MOST = 1 << 17
_FORK, _STATUS = "fork", "status"
_PACKAGES = ("domain", "commands", "projections", "infra.cli", "infra.run", "adapters.avro", "adapters.log")
"""What nearly every command imports, with all that it imports itself."""
_READ_AT_START = ("PYTHON", "LC_", "LANG")
"""Beginnings of the names of variables that the interpreter reads at its start, before a fork could set them."""


class Whence(subprocess.Popen[str]):
    """A process of `whence`, with the methods of `Popen`; its parent is a server, which returns its status.

    Only how a process starts, and where its status is read, differ from `Popen`, which has no public place for either.
    """

    def __init__(self, words: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._server = _next_server()
        super().__init__(
            [str(WHENCE), *map(str, words)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _execute_child(self, args: Sequence[str], *rest: Any) -> None:
        """`rest` is what `Popen` passes: the folder and the environment among it, and last the ends of the pipes."""
        _executable, _before, _close, _passed, folder, environment = rest[:6]
        pipes: Sequence[int] = rest[9:15]
        descriptors = [
            own if given == -1 else given for own, given in enumerate((pipes[0], pipes[3], pipes[5]))
        ]
        try:
            self.pid = self._server.fork(args, str(folder), environment, descriptors)
            self._child_created = True
        finally:
            for end in (pipes[0], pipes[3], pipes[5]):
                if end != -1:
                    os.close(end)

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        if self.returncode is None:
            status = self._server.status(self.pid)
            if status is not None and self.returncode is None:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.0005
        while (code := self._internal_poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return code


class Server:
    """The parent's side of a server, which starts with the first process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = dict[int, int]()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(
        self, words: Sequence[str], folder: str, environment: Mapping[str, str], descriptors: Sequence[int]
    ) -> int:
        """Starts a process; returns its pid, which is valid until its status is returned."""
        request = json.dumps({"is": _FORK, "words": words, "folder": folder, "environment": environment})
        return int(self._exchanged(request, descriptors))

    def status(self, pid: int) -> int | None:
        """The status of `os.waitpid` of a process that has ended; None while it runs."""
        with self._lock:
            if pid in self._ended:
                return self._ended[pid]
        response = self._exchanged(json.dumps({"is": _STATUS, "pid": pid}), ())
        if response:
            self._ended[pid] = int(response)
        return self._ended.get(pid)

    def close(self) -> None:
        """Ends the server, which kills those of its processes that still run."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait()
            self._socket = None

    def _exchanged(self, request: str, descriptors: Sequence[int]) -> str:
        with self._lock:
            connection = self._connected()
            socket.send_fds(connection, [request.encode()], list(descriptors))
            response = connection.recv(_MOST)
        if not response:
            raise RuntimeError(
                "the server of prepared processes has ended; its traceback is on standard error"
            )
        return response.decode()[1:]

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.journeys.prepared", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    cwd=_ROOT,
                )
            atexit.register(self.close)
        return self._socket


def _read_at_start(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


_AT_START = _read_at_start(os.environ)
_servers = (Server(), Server())
_turns = cycle(_servers)


def can_be_prepared(environment: Mapping[str, str]) -> bool:
    """Whether a process with this environment can be a fork: what the interpreter reads at its start is as it was."""
    return _read_at_start(environment) == _AT_START


def release() -> None:
    """Ends the servers."""
    for one in _servers:
        one.close()


def _next_server() -> Server:
    return next(_turns)


def _serve(parent: socket.socket) -> None:
    """Serves until the parent closes the socket, then kills what still runs. Returns only in a fork."""
    running = set[int]()
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(parent, _MOST, 3)
        if not message:
            break
        request = json.loads(message)
        if request["is"] == _STATUS:
            pid, status = os.waitpid(request["pid"], os.WNOHANG)
            running.discard(pid)
            parent.send(f"={status if pid else ''}".encode())
            continue
        pid = os.fork()
        if not pid:
            parent.close()
            _become(request["words"], request["folder"], request["environment"], descriptors)
            return
        running.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        parent.send(f"={pid}".encode())
    _kill(running)


def _kill(running: set[int]) -> NoReturn:
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    sys.exit()


def _become(
    words: Sequence[str], folder: str, environment: Mapping[str, str], descriptors: Sequence[int]
) -> None:
    """Makes this fork what a shell would have started."""
    for own, given in enumerate(descriptors):
        os.dup2(given, own)
        os.close(given)
    sys.stdin = _stream(sys.stdin, 0, "r")
    sys.stdout = _stream(sys.stdout, 1, "w")
    sys.stderr = _stream(sys.stderr, 2, "w")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv, sys.path[0] = list(words), str(WHENCE.parent)
    main = sys.modules["__main__"]
    # A process that is spawned from this one imports the program as its main module, not this file.
    main.__spec__, main.__file__ = None, words[0]
    invalidate_caches()
    gc.unfreeze()


def _stream(one: TextIO, descriptor: int, mode: str) -> TextIO:
    """The standard stream anew, because it holds whether the file that it had at first can seek."""
    buffering = 1 if one is sys.stderr else -1
    made = os.fdopen(descriptor, mode, buffering, encoding=one.encoding, errors=one.errors, closefd=False)
    return cast(TextIO, made)


def _prepare() -> None:
    for name in _PACKAGES:
        package = import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            import_module(module.name)
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()


if __name__ == "__main__":
    _prepare()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from infra.cli import main

    sys.argv[0] = re.sub(r"(-script\.pyw|\.exe)?$", "", sys.argv[0])
    main()
