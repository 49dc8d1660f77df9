"""This program's run for the comparison: `python -m tests.benchmarks.peers.whence LOG [each]` prints JSON.

LOG is `memory` or `sqlite`; with `each` no candle is passed over.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from tests.benchmarks.bench_backtest import ORDERS, played
from tests.benchmarks.crosses import plugged, recorded_tape
from tests.benchmarks.logs import fresh

_ORDERS_OF_A_LONG = 4
"""Entry, stop, target and exit."""


def main(log: str, manner: Sequence[str]) -> None:
    """Prints what one run on the log in memory or on a new SQLite log took."""
    tape, skips = recorded_tape(), manner != ["each"]
    with plugged():
        if log == "memory":
            seconds = played(tape, "memory:", skips=skips)
        else:
            with fresh("SQLite") as address:
                seconds = played(tape, address, skips=skips)
    figures = {"candles": len(tape.candles), "seconds": seconds, "orders": ORDERS}
    print(json.dumps({**figures, "longs": ORDERS // _ORDERS_OF_A_LONG}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
