"""An event loop in a thread of its own, for servers that tests use from their own thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def running_loop() -> Generator[asyncio.AbstractEventLoop]:
    """A loop that runs until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.run_until_complete(_end_tasks())
        loop.close()


async def _end_tasks() -> None:
    """Ends what is left, so that each connection is closed by whom it was given to."""
    await asyncio.sleep(0)  # a task that is cancelled before it begins closes nothing that it was given
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
