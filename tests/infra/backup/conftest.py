"""The program as a shell runs it, as for the tests of the commands."""

from tests.infra.cli.conftest import sealed_log, whence

__all__ = ["sealed_log", "whence"]
