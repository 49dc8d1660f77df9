"""The end of a lease ends its engine: by SIGTERM, and by SIGALRM where it hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

_PATIENCE = 60
_ENGINE = """
import signal, sys, time
from infra.run.account_lease import followed_lease
signal.signal(signal.SIGTERM, {handler})
followed_lease(int(sys.argv[1]), 0.2)
print("follows", flush=True)
while True:
    time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        pytest.param("lambda *_: sys.exit(3)", 3, id="an engine that settles"),
        pytest.param("signal.SIG_IGN", -signal.SIGALRM, id="an engine that hangs"),
    ],
)
def test_the_end_of_a_lease_ends_an_engine_whose_node_is_dead(handler: str, code: int) -> None:
    theirs, ours = os.pipe()
    program = [sys.executable, "-c", _ENGINE.format(handler=handler), str(theirs)]
    with subprocess.Popen(program, pass_fds=[theirs], stdout=subprocess.PIPE) as engine:
        os.close(theirs)
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"follows\n"
        os.close(ours)
        assert engine.wait(_PATIENCE) == code
