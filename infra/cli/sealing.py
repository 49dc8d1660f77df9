"""`whence log seal`: accepts the events of a log from before marks, or those whose key is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, LogOption

if TYPE_CHECKING:
    from adapters.marks.sealed import Sealed


def seal(
    log: LogOption = None,
    config: ConfigOption = None,
    without_key: Annotated[
        bool,
        typer.Option(
            "--without-key", help="Accept all events unverified, because the key of their marks is lost."
        ),
    ] = False,
) -> None:
    """Accepts the events that an earlier version wrote without marks; look at them before.

    From then on every event of the log must have a valid mark. A log with marks is only verified, or
    its removed head is made again; --without-key replaces all marks.
    """
    from infra.config import load, shown
    from infra.logs import seal as sealed

    settings = load(log=log, config=config)
    typer.echo(_sentence(sealed(settings, without_key=without_key), shown(settings.log)), err=True)


def _sentence(sealed: Sealed, log: str) -> str:
    from adapters.marks.sealed import Kind

    sentences = {
        Kind.EVENTS: f"{sealed.events} events of {log} are sealed.",
        Kind.KEY_LOST: (
            f"{sealed.events} events of {log} are accepted as they are, and have new marks. Nothing proves any more "
            "who wrote them, nor that they were not changed before now; the lost key is not needed again for this log."
        ),
        Kind.HEAD: (
            f"The mark of the head of {log} is made again; all events have valid marks. Nothing proves that no event "
            "was removed at the end before now."
        ),
        Kind.MARKED: f"Nothing is to be sealed in {log}: all its events have valid marks.",
        Kind.EMPTY: f"Nothing is to be sealed in {log}: it has no events.",
    }
    return sentences[sealed.kind]
