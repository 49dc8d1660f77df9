"""The process of a sandbox: a demo on live prices with a new log, which only a bot starts.

The plan is the first line of standard input, as JSON. The first line of standard output is the token of its API. It
ends with SIGTERM, and where standard input is closed, as by the death of its bot; one that does not stop in time then
kills itself, so that no sandbox outlives its bot.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Final

import msgspec

from adapters.tokens.book import TokenBook
from commands.roles import Role
from domain.errors import WhenceError
from infra.cli.paper_live import LiveOptions, trade_demo
from infra.config import WhenceSettings
from infra.store import migrated_store
from infra.telegram.api import ACTORS
from infra.telegram.sandbox.plan import ACCOUNT, INTERVAL, SandboxPlan, check_environment, check_fresh

_TRADING: Final[dict[str, object]] = {
    "strategies": [],
    "alpha": {"minimum_trend": 0.0, "minimum_reward_to_risk": Decimal(0)},
    "risk": {"cooldown_seconds": 0, "freshness_seconds": 600, "minimum_win_rate": Decimal(0)},
}
"""A signal is forced: no pause, no share of won trades and no ratio keeps it out. The limits of money stay."""
_REFUSED: Final = 2
_STOP_SECONDS: Final = 20.0
"""How long it may take to stop once its bot is gone."""


def check(plan: SandboxPlan) -> None:
    """Raises InvalidInput where the environment has keys, or the log is not new."""
    check_environment(os.environ)
    check_fresh(Path(plan.log))


def run(plan: SandboxPlan) -> None:
    """Trades until SIGTERM. Raises what `trade_demo` raises."""
    log = Path(plan.log)
    settings = WhenceSettings(
        log=f"sqlite:///{log}",
        account=ACCOUNT,
        trading=_TRADING,
        instruments=None if plan.instruments is None else Path(plan.instruments),
        keys=log.parent / "keys",
    )
    with migrated_store(settings) as engine:
        token = TokenBook(engine).issue(f"{ACTORS}-{Role.ADMIN.word}", Role.ADMIN, datetime.now(UTC))
    print(token.spelled, flush=True)  # noqa: T201  # to the bot, by a pipe
    options = LiveOptions(plan.exchange, plan.address or None, INTERVAL)
    trade_demo(settings, plan.symbols, options, plan.port)


def main() -> int:
    """Returns the exit code; what is refused is written to standard error."""
    try:
        plan = msgspec.json.decode(sys.stdin.readline(), type=SandboxPlan)
    except msgspec.DecodeError as fault:
        return _refused(f"the plan on standard input cannot be read: {fault}")
    try:
        check(plan)
        Thread(target=_end_with_the_bot, daemon=True).start()
        run(plan)
    except WhenceError as fault:
        return _refused(str(fault))
    return 0


def _refused(why: str) -> int:
    print(f"sandbox: {why}", file=sys.stderr)  # noqa: T201
    return _REFUSED


def _end_with_the_bot() -> None:
    """Returns never: the process ends by either signal."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
    Event().wait(_STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
