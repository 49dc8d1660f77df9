"""`whence kill`, `whence reset` and `whence resume`: the kill switch and pauses of a running engine, from a shell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, Refused, WhenceError
from infra.cli.options import ConfigOption, LogAccountOption, LogOption, StoreOption, web_address

if TYPE_CHECKING:
    from commands.door import Answer
    from commands.world import World
    from domain.portfolio import Portfolio
    from infra.config import WhenceSettings
    from infra.run.shell_door import FromShell

ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help="Why; recorded with your login: as shell-LOGIN by the topic of a log on Kafka, as shell-LOGIN-NNNNNNNN "
        "by the API, where each request has a token of its own. With --token-file the name of that token is recorded.",
    ),
]
ApiOption = Annotated[
    str,
    typer.Option(
        "--api",
        parser=web_address,
        metavar="URL",
        help="Address of the engine's API; a log on Kafka has a topic of requests, which is tried first.",
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="File with an administrator's token for the API; default: a token that the store gives.",
    ),
]
HERE = "http://127.0.0.1:8000"
_LONGEST_TOKEN = 4096


def kill(
    reason: ReasonOption,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Trips the kill switch: no new exposure, entries are cancelled, positions are treated as risk.on_kill says.

    Protective stops stay at the exchange until a position is flat. Prints what is left, as far as the log can be read.
    """
    from commands.request import TripKillSwitch

    settings = engine_of(log, store, account, config)
    answer, state = carried_out(settings, api, token_file, TripKillSwitch(reason))
    report(answer, "the kill switch is tripped", state, lambda portfolio: bool(portfolio.account.tripped))
    _print_left(state)


def reset(
    reason: ReasonOption,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Resets the kill switch, so that entries are judged again."""
    from commands.request import ResetKillSwitch

    settings = engine_of(log, store, account, config)
    answer, state = carried_out(settings, api, token_file, ResetKillSwitch(reason))
    report(answer, "the kill switch is reset", state, lambda portfolio: not portfolio.account.tripped)


def resume(
    reason: ReasonOption,
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy", help="Id of the strategy whose entries are paused; without it those of the account."
        ),
    ] = "",
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Ends a pause of entries after losses in a row before its time (docs/limits.md)."""
    from commands.request import ResumeEntries

    settings = engine_of(log, store, account, config)
    answer, state = carried_out(settings, api, token_file, ResumeEntries(reason, strategy))
    named = strategy or "the account"
    report(
        answer, f"entries of {named} are resumed", state, lambda portfolio: strategy not in portfolio.pauses
    )


def engine_of(log: str | None, store: str | None, account: str | None, config: Path | None) -> WhenceSettings:
    """The settings with which the running engine of this log's account is reached."""
    from infra.config import load
    from infra.run.log_account import of_its_account

    return of_its_account(load(log=log, store=store, account=account, config=config))


def carried_out(
    settings: WhenceSettings, api: str, token_file: Path | None, request: FromShell
) -> tuple[Answer, Portfolio | WhenceError]:
    """The answer of the account's running engine, and the account by the log after it, or why that is not known.

    Raises what `by_any_door` raises.
    """
    answer = sent(settings, api, token_file, request)
    return answer, state_of(settings)


def check_door(settings: WhenceSettings, token_file: Path | None) -> None:
    """Raises InvalidInput where the addresses of log or store are none, or the file has no token."""
    from infra.store_address import store_address

    store_address(settings)
    _token_of(token_file)


def sent(
    settings: WhenceSettings, api: str, token_file: Path | None, request: FromShell, key: str | None = None
) -> Answer:
    """The answer of the account's running engine; `key` as of `by_any_door`, and raises what that raises."""
    from adapters.log.address import parse_address
    from infra.run.shell_door import by_any_door

    parse_address(settings.log)
    return by_any_door(settings, api, request, _token_of(token_file), key)


def _token_of(file: Path | None) -> str | None:
    """The file's token. Raises InvalidInput for a file that cannot be read or that holds no token."""
    if file is None:
        return None
    try:
        with file.open(encoding="ascii") as opened:
            token = opened.read(_LONGEST_TOKEN + 1).strip()
    except (OSError, ValueError) as fault:
        raise InvalidInput(
            f"--token-file {str(file)[:200]}: {type(fault).__name__}: no token can be read"
        ) from None
    if not token or len(token) > _LONGEST_TOKEN or not token.isprintable():
        raise InvalidInput(
            f"--token-file {str(file)[:200]}: a file with one token and nothing else is needed"
        )
    return token


def state_of(settings: WhenceSettings) -> Portfolio | WhenceError:
    """The account by the log as it is now, or why it is not known: the request was sent already."""
    try:
        world = _world_of(settings)
    except WhenceError as fault:
        return Refused(f"the log cannot be read: {fault}")
    try:
        return _portfolio(world, settings)
    except InvalidInput as fault:
        return fault


def portfolio_of(settings: WhenceSettings) -> Portfolio:
    """The account by the log as it is now. Raises LogError, and InvalidInput for another account or address."""
    return _portfolio(_world_of(settings), settings)


def _world_of(settings: WhenceSettings) -> World:
    from commands.world import World
    from infra.logs import open_reader

    with closing(open_reader(settings)) as log:
        return World().fold_all(recorded.envelope for recorded in log.read())


def _portfolio(world: World, settings: WhenceSettings) -> Portfolio:
    from infra.run.restoring import check_account

    check_account(world, settings.account)
    return world.portfolio


def report(
    answer: Answer, done: str, state: Portfolio | WhenceError, holds: Callable[[Portfolio], bool]
) -> None:
    """Raises Refused for a request that was declined, and for one without an answer that the log does not hold."""
    from commands.door import Completed, Declined, TimedOut

    match answer:
        case Completed():
            typer.echo(done_sentence(done, answer.note))
        case Declined():
            raise Refused(answer.reason)
        case TimedOut():
            if isinstance(state, WhenceError):
                raise Refused(f"no answer: {answer.known}; {state}")
            if not holds(state):
                raise Refused(f"no answer: {answer.known}; the log does not hold it yet")
            typer.echo(f"{done}, by the log; no answer arrived: {answer.known}")
        case _:
            raise AssertionError(answer)


def done_sentence(done: str, note: str) -> str:
    """What was done with the note on it; a note that the switch or the key was so before is the whole sentence."""
    if note.startswith(("the kill switch ", "the key ", "no pause ", "the model ", "the route ")):
        return f"{note}; nothing was changed"
    return f"{done}; {note}" if note else done


def _print_left(state: Portfolio | WhenceError) -> None:
    """Prints what the log holds after the trip; the engine goes on closing it."""
    from infra.run.holding import held

    if isinstance(state, WhenceError):
        typer.echo(f"what is left is not known, because {state}")
        return
    for line in held(state):
        typer.echo(line)
