"""Keeps letters without an end and prints the id of each one that is durable: python -m … ADDRESS."""

from __future__ import annotations

import sys
from itertools import count

from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from tests.adapters.dead_letters.lettering import came


def main() -> None:
    letters = open_letters(WhenceSettings(log=sys.argv[1]))
    for number in count():
        batch = [came(10 * number + one, b"x" * 20_000) for one in range(10)]
        letters.keep(batch)
        for one in batch:
            sys.stdout.write(f"{one.letter.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
