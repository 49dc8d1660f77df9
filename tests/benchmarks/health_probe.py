"""Requests `/healthz` twenty times a second on a new connection each: `python -m tests.benchmarks.health_probe URL`.

At the end of its input it writes the milliseconds of each request as a JSON list; a request that failed takes `FAILED`.
"""

from __future__ import annotations

import http.client
import json
import select
import sys
import time
from urllib.parse import urlsplit

FAILED = 10_000.0
_EVERY = 0.05


def probe(url: str) -> float:
    """The milliseconds until `/healthz` at this address has answered 200."""
    place, began = urlsplit(url), time.perf_counter()
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=FAILED / 1e3)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return FAILED
    finally:
        connection.close()
    return (time.perf_counter() - began) * 1e3 if status == 200 else FAILED


def _until_the_input_ends(url: str) -> list[float]:
    took: list[float] = []
    while not select.select([sys.stdin], [], [], _EVERY)[0]:
        took.append(probe(url))
    return took


if __name__ == "__main__":
    print(json.dumps(_until_the_input_ends(sys.argv[1])))
