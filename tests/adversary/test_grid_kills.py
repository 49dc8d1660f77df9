"""kill -9 amid a grid, on a log in a file and on Kafka: after a restart no level is doubled or lost, and the stop
covers what is held.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

from adapters.bybit.fields import at_ms
from adapters.simulated.server import VenueServer
from adapters.simulated.venue.account import Account
from commands.statements import our_statement, their_statement
from domain.grid import GridEnd
from domain.log import EventLog
from domain.reconciliation.comparing import differences
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.adapters.bybit.bench import bybit_venue, trade_at
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.list_log import ListLog
from tests.infra.run.grid_desk import GRID_PLAN, ends, fills, held, is_over, is_quiet, leg_of, resting
from tests.infra.run.live_desk import D, LiveDesk
from tests.infra.run.test_live_kill import passes_until
from tests.journeys.program import PATIENCE, environment

_ROUNDED = D("1e-8")
"""Bybit states balances with eight decimals."""


class KeptDesk(LiveDesk):
    """A run on the log that a killed one has left. Only what every log has is used of it."""

    def __init__(self, venue: RunningVenue, log: EventLog, key: str) -> None:
        super().__init__(venue, plan=GRID_PLAN, log=cast("ListLog", log), key=key)

    def names(self) -> list[str]:
        return [type(one.envelope.event).__name__ for one in self.log.read()]


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def address(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The log, which is empty."""
    if store == "sqlite":
        return f"sqlite:///{tmp_path}/live.db"
    servers: str = request.getfixturevalue("kafka_bootstrap_servers")
    return f"kafka://{servers}/test.{uuid4().hex}.events"


def trades_at(venue: RunningVenue, price: str) -> None:
    venue.do(lambda one: trade_at(one, D(price), D(1000)))


def killed_run(venue: RunningVenue, key: str, address: str, step: str) -> Account:
    """The account of a run that was killed after its levels 1 and 2 filled and the second reached its target."""

    def opened(server: VenueServer) -> Account:
        return server.venue.open_account(key, SECRET, D(10_000))

    account = venue.do(opened)
    trades_at(venue, "100")
    begins = at_ms(venue.server.clock.market()).isoformat()
    words = [venue.url, venue.socket_url, key, address, step, begins]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adversary.dying_grid", *words],
        cwd=Path(__file__).parents[2],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            venue.await_orders(account, lambda links: {leg_of(one) for one in links} == {"e1", "e2", "e3"})
            for price in ("98", "96", "98"):
                trades_at(venue, price)
            program.wait(PATIENCE)
        finally:
            program.kill()
            _, stated = program.communicate()
    assert program.returncode == -signal.SIGKILL, stated[-2_000:]
    return account


def entered(account: Account, leg: str) -> int:
    """How many orders of this leg the venue has or had."""
    orders = (*account.orders.values(), *account.ended.values())
    return sum(leg_of(one.link) == leg for one in orders)


@pytest.mark.parametrize(("store", "step"), [("sqlite", "before"), ("kafka", "after")])
def test_after_kill_9_amid_a_grid_no_level_is_doubled_or_lost_and_the_stop_covers_what_is_held(
    venue: RunningVenue, address: str, step: str
) -> None:
    key = f"killed-{uuid4().hex}"
    account = killed_run(venue, key, address, step)
    assert entered(account, "e5") == (step == "after")
    with closing(open_owned(WhenceSettings(log=address))) as log:
        desk = KeptDesk(venue, log, key)
        desk.run.start()
        desk.run.connect()
        desk.until(lambda: desk.run.is_trading and resting(desk) == {"e3", "e5"} and is_quiet(desk))
        assert {leg: entered(account, leg) for leg in ("e1", "e2", "e3", "e5")} == dict.fromkeys(
            ("e1", "e2", "e3", "e5"), 1
        )
        part = held(desk)
        ours = our_statement(desk.run.world)
        theirs = their_statement(desk.exchange, ours, desk.now().replace(hour=0))
        assert differences(ours, theirs, tolerance=_ROUNDED, under_way=frozenset()) == []
        fills(desk, "96", "PositionIncreased")
        assert held(desk) == 2 * part
        fills(desk, "91.9", "PositionClosed")
        passes_until(desk, lambda: is_over(desk))
        assert ends(desk) == [GridEnd.STOP]
        desk.close()
