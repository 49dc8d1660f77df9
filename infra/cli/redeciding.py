"""`whence replay --verify`: every recorded decision is made again, and compared field by field."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from domain.plain_text import counted
from infra.cli import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.log.recorder_log import RecordedLog
    from infra.config import WhenceSettings
    from infra.run.redeciding import Divergence, Redecision

_DIFFERS = 1
_AT_ONCE = 500
"""The number of events between two looks at the terminal."""
_LISTED = 20
"""The most differing decisions that are printed as text; JSON has all."""


def verified(settings: WhenceSettings, upto: int | None, *, as_json: bool) -> None:
    """Verifies the configured log up to this ordinal (None: to its end), and prints the result.

    Raises typer.Exit with code 1 where a decision differs or cannot be made again.
    """
    from infra.cli.stopping import stoppable
    from infra.logs import open_reader
    from infra.model_store import model_store
    from infra.run.redeciding import Redecision
    from infra.run.upto import read_upto

    redecision = Redecision(model_store(settings).model_of)
    with stoppable() as stopping, closing(open_reader(settings)) as reader:
        is_whole = _followed(redecision, reader, read_upto(reader, upto), stopping.requested)
    _print(redecision, as_json=as_json)
    if not redecision.is_equal:
        raise typer.Exit(_DIFFERS)
    if not is_whole:
        raise typer.Exit(INTERRUPTED)


def _followed(redecision: Redecision, reader: RecordedLog, last: int, stops: Callable[[], bool]) -> bool:
    """Verifies to the event with the last ordinal, which is true, or until a stop; shows the progress."""
    from infra.cli.advance import Advance

    with Advance() as advance:
        for ordinal in redecision.steps(reader.read(upto=last)):
            if ordinal % _AT_ONCE == 0:
                advance.show({"verify": (ordinal, last)})
                if stops():
                    return False
    return True


def _print(redecision: Redecision, *, as_json: bool) -> None:
    made, differing = redecision.made, redecision.divergences
    if as_json:
        typer.echo(json.dumps(_as_json(redecision)))
        return
    kinds = ", ".join(f"{number:,} {name}" for name, number in sorted(made.items())) or "none"
    equal = made.total() - len(differing)
    typer.echo(
        f"{redecision.ordinal:,} events: {counted(made.total(), 'decision')} made again ({kinds}), {equal:,} equal the "
        f"recorded ones, {len(differing):,} differ."
    )
    for reason, number in redecision.impossible.items():
        typer.echo(f"{counted(number, 'decision')} not made again, because {reason}.")
    for one in differing[:_LISTED]:
        typer.echo(f"ordinal {one.ordinal}, {one.type} of {one.stream}:")
        for name, (recorded, again) in one.fields.items():
            typer.echo(f"  {name}: recorded {recorded}, now {again}")
    if len(differing) > _LISTED:
        typer.echo(f"… and {len(differing) - _LISTED:,} more; --json prints all.")


def _as_json(redecision: Redecision) -> dict[str, object]:
    return {
        "ordinal": redecision.ordinal,
        "made": dict(redecision.made),
        "differing": [_difference(one) for one in redecision.divergences],
        "impossible": dict(redecision.impossible),
    }


def _difference(one: Divergence) -> dict[str, object]:
    fields = {name: {"recorded": was, "now": now} for name, (was, now) in one.fields.items()}
    return {"ordinal": one.ordinal, "stream": one.stream, "type": one.type, "fields": fields}
