"""The account of a log, for what is sent to its engine: the log's own, where the settings name none."""

from __future__ import annotations

import logging
from contextlib import closing

from domain.errors import InvalidInput, LogError
from infra.config import WhenceSettings
from infra.logs import open_reader

_log = logging.getLogger(__name__)


def of_its_account(settings: WhenceSettings) -> WhenceSettings:
    """The settings with the account that the log was opened with, where they name none; unchanged where they name one.

    An engine refuses the log of another account, so a log has one, which is among its first events: the rest is not
    read. A log that is not there or cannot be read changes nothing, because the request may reach its engine all the
    same.
    """
    if "account" in settings.model_fields_set:
        return settings
    # The commands that call this import no database client otherwise.
    from projections.reports.book import accounts_in

    try:
        with closing(open_reader(settings)) as log:
            found = next(accounts_in(log.read()), settings.account)
    except InvalidInput:  # no log is there: the door to the engine states it, where it needs one
        return settings
    except LogError as fault:
        _log.warning("the account %s is assumed, because the log cannot be read: %s", settings.account, fault)
        return settings
    return settings.model_copy(update={"account": found})
