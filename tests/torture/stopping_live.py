"""`whence` whose live engine stops itself by SIGSTOP between the check of its lease and the request of an order.

    python -m tests.torture.stopping_live MARKER WORD…

The engine that removes the file MARKER sends one order by hand, and stops in the middle of its request. With the
words of `whence accounts run` the engines that it starts are of this kind.
"""

# pyright: reportPrivateUsage=false
# The process stops within the transport of its requests.

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from adapters.bybit.leased import LeasedAdapter
from infra.cli import main
from infra.run import engine_starts
from infra.run.live import LiveRun
from tests.torture.stopping_order import BTC, placed


def stopping(marker: Path, send: Callable[..., Any]) -> Callable[..., Any]:
    """Stops in the first request that places an order: it is signed then, and the lease was valid.

    What the exchange responds to the late request is written beside the marker.
    """
    was_stopped: list[bool] = []

    def stop(self: LeasedAdapter, request: Any, *rest: Any, **options: Any) -> Any:
        if request.url.endswith("/v5/order/create") and not was_stopped:
            was_stopped.append(True)
            self._lease.check()
            os.kill(os.getpid(), signal.SIGSTOP)
            response = super(LeasedAdapter, self).send(request, *rest, **options)
            marker.with_suffix(".response").write_text(response.text)
            return response
        return send(self, request, *rest, **options)

    return stop


def acting(marker: Path, attend: Callable[..., int]) -> Callable[..., int]:
    """Sends the order once trading has begun, in the process that removes the marker."""

    def act(self: LiveRun, patience: float = 0) -> int:
        answered = attend(self, patience)
        if self.is_trading and not self.world.portfolio.discrepancies.reconciling and marker.exists():
            marker.unlink()
            LeasedAdapter.send = stopping(marker, LeasedAdapter.send)  # type: ignore[method-assign]
            price = self.driver.engine.market.prices[BTC]
            Thread(target=placed, args=(self.door, _account(), price), daemon=True).start()
        return answered

    return act


def _account() -> str:
    return sys.argv[sys.argv.index("--account") + 1]


if __name__ == "__main__":
    marker = Path(sys.argv.pop(1))
    engine_starts.__dict__["_PROGRAM"] = (sys.executable, "-m", "tests.torture.stopping_live", str(marker))
    LiveRun.attend = acting(marker, LiveRun.attend)  # type: ignore[method-assign]
    main()
