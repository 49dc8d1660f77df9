"""The process from which lives are forked: it has imported the whole program once, and starts no thread.

    python -m tests.torture.zygote DESCRIPTOR

It serves its parent over an inherited Unix socket: a job with the two descriptors of a life is answered with the pid
of the fork, and `reap` with the status of the process that has ended.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct, json

from adapters.avro import AvroCodec
from adapters.avro.schema import schemas_by_fingerprint
from adapters.inputs.codec import Writer as InputWriter

_ROOT = Path(__file__).parents[2]
_MOST = 1 << 16
_NEEDED = (
    "infra.cli.live",
    "infra.cli.trading_live",
    "pybit.unified_trading",
    "pybit._websocket_stream",
    "adapters.dead_letters.topic",
    "infra.log_lines",
    "tests.torture.life",
)


class Reap(Struct, frozen=True, tag=True):
    """Wait for the end of this process, which has ended or is about to."""

    pid: int


class Fork(Struct, frozen=True, tag=True):
    """Fork a process that lives through this job (`life.Job`, as JSON)."""

    job: bytes


class Zygote:
    """The parent's side."""

    def __enter__(self) -> Self:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)},
            )
        if self._socket.recv(_MOST) != b"ready":
            self.__exit__(None, None, None)
            raise RuntimeError(f"the zygote has ended with code {self._process.returncode}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.wait()

    def fork(self, job: bytes, channel: socket.socket, notices: int) -> int:
        """Starts a life; returns its pid, which is valid until it is reaped."""
        socket.send_fds(self._socket, [json.encode(Fork(job))], [channel.fileno(), notices])
        return int(self._socket.recv(_MOST))

    def reap(self, pid: int) -> int:
        """Waits for the end of the process; returns its exit code, negative for a signal."""
        self._socket.send(json.encode(Reap(pid)))
        return int(self._socket.recv(_MOST))


def serve(parent: socket.socket) -> None:
    """Serves until the parent closes the socket, then kills what is left of the lives."""
    for name in _NEEDED:
        import_module(name)
    schemas_by_fingerprint()
    AvroCodec()
    InputWriter()
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()
    parent.send(b"ready")
    running = set[int]()
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(parent, _MOST, 2)
        if not message:
            break
        request = json.decode(message, type=Fork | Reap)
        if isinstance(request, Reap):
            _pid, status = os.waitpid(request.pid, 0)
            running.discard(request.pid)
            parent.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = _forked(request.job, parent, *descriptors)
        running.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        parent.send(str(pid).encode())
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _forked(job: bytes, parent: socket.socket, channel: int, notices: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    parent.close()
    life = import_module("tests.torture.life")
    os._exit(life.live_through(json.decode(job, type=life.Job), socket.socket(fileno=channel), notices))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
