"""The parts of an API: store, log, projections of the read models, metrics and the ASGI application."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from strawberry.extensions import SchemaExtension

from adapters.alerts.book import NoticeBook
from adapters.candle_store.book import CandleBook
from adapters.graphql.condition import ReadModelFaults
from adapters.graphql.confirmation import Signer
from adapters.graphql.context import Context, Served
from adapters.graphql.desk import Desk
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.quick_pages import QuickPages
from adapters.graphql.readers import Readers
from adapters.graphql.schema import schema
from adapters.graphql.timing import Timed
from adapters.http.app import build_app
from adapters.http.dashboard import dashboard_routes
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.http.graphiql import graphiql_routes
from adapters.http.health import Check, Health
from adapters.http.metrics import metrics_route
from adapters.http.paths import GRAPHIQL
from adapters.http.rate import Rate
from adapters.http.signals import SignalEndpoint
from adapters.live import Live, LiveTail, Prices
from adapters.metrics.api import ApiMetrics
from adapters.metrics.history import HistoryCollector
from adapters.metrics.letters import LetterCollector
from adapters.metrics.processes import ProcessCollector
from adapters.metrics.read_models import ReadModelFigures
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import SnapshotCollector
from adapters.metrics.strangers import StrangerCollector
from adapters.notary.auditing import Auditor
from adapters.processes.announcement import ProcessRole
from adapters.tokens.bearers import Bearers
from adapters.tokens.book import TokenBook
from commands.caller import Caller
from domain.errors import InvalidInput
from infra.book_view import shared_books
from infra.config import WhenceSettings
from infra.dashboard.archive import read_archive
from infra.dead_letters import FoundLetters
from infra.graphiql.folder import built
from infra.logs import open_reader
from infra.notary import checkpoints_of
from infra.personal import response_opener
from infra.processes import FoundProcesses
from infra.reports.reporter import LogReporter
from infra.run.alerting import Alerting
from infra.run.announcing import Program, announced
from infra.run.api_plan import ApiPlan, Hosted
from infra.run.api_standing import ApiStanding
from infra.run.clock import utc_now
from infra.run.condition import Condition
from infra.run.faults import read_model_notices
from infra.run.projecting import Projecting
from infra.run.readiness import Readiness
from infra.run.rebuilding import partition_of
from infra.run.strangers import refused_requests
from infra.signals import keys_of_sources
from infra.store import migrate, open_store
from infra.tracing import tracing
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels


class ApiParts:
    """Opens all parts; `held` closes them. Raises the errors of the store, the log and the plan."""

    def __init__(self, settings: WhenceSettings, plan: ApiPlan, hosted: Hosted, held: ExitStack) -> None:
        self._settings, self._plan, self._hosted = settings, plan, hosted
        self._source_keys = keys_of_sources(settings)
        self._limits = Limits(introspection=plan.introspection)
        self._store = _opened(open_store(settings), held)
        migrate(self._store)
        self._question_store = _opened(open_store(settings, plan.http.patience), held)
        self._book = TokenBook(self._question_store)
        _check_exposed(plan, self._book)
        self._log = held.enter_context(closing(open_reader(settings)))
        self._partition = partition_of(settings)
        self._registry = new_registry()
        spans = held.enter_context(tracing(settings))
        projected = None if spans is None else spans.projected
        self._projecting = Projecting(self._store, self._log, partition=self._partition, projected=projected)
        self._projecting.start()
        held.callback(self._projecting.stop)
        self._models = ReadModels(self._question_store, PROJECTIONS, self._partition, self._log)
        HistoryCollector(ReadModelFigures(self._models, self._log.head), self._registry)
        StrangerCollector(lambda: self._log.refusals().records, refused_requests(settings), self._registry)
        self._letters = FoundLetters(settings)
        held.callback(self._letters.close)
        LetterCollector(lambda: self._letters().counts(), self._registry)
        if hosted.figures is not None:
            SnapshotCollector(hosted.figures, self._registry)
        self._condition = Condition(self._question_store, self._log, self._projecting, plan.lag)
        self._condition.start()
        held.callback(self._condition.stop)
        checks = Readiness(self._question_store, self._log, self._condition).checks
        self._notices = NoticeBook(self._question_store, self._partition)
        self._health = Health({**checks, **self._alerts_sent(checks, held)})
        held.callback(self._health.close)
        self._processes = FoundProcesses(settings)
        held.callback(self._processes.close)
        ProcessCollector(self._processes, utc_now, self._registry)
        api = ApiStanding(self._question_store, self._log, self._partition, checks)
        program = Program(ProcessRole.API, f"{plan.place.host}:{plan.place.port}")
        held.enter_context(announced(settings, program, api))
        self._served: Served | None = None

    def application(self, is_up: Callable[[], None]) -> ASGIApp:
        """The ASGI application. It calls `is_up`, in its event loop, once it accepts requests."""
        plan, shared = self._plan, self._hosted.shared
        counted = None if shared is None else shared.counted
        metrics = ApiMetrics(self._registry if counted is None else counted)
        rates = Rate if shared is None else shared.rates.rate
        gate = Gate(Bearers(self._book), plan.http.rate, metrics, rates)
        made = self._schema(metrics)
        sources = self._settings.signals
        signals = SignalEndpoint(sources, self._source_keys, gate, self._desk, metrics, rates)
        pages = QuickPages(made, self._limits, metrics, self._condition.faults)
        return build_app(
            Endpoint(made, self._context, gate, metrics, pages, response_opener(self._settings)),
            gate,
            plan.http,
            self._health,
            self._pages(),
            metrics_route(self._registry),
            partial(self._lifespan, is_up),
            signals if sources.sources else None,
        )

    def _alerts_sent(self, checks: Mapping[str, Check], held: ExitStack) -> Mapping[str, Check]:
        """Sends alerts where they are configured; returns the check whether they are sent."""
        settings = self._settings.alerts
        if settings.is_empty:
            return {}
        alerting = Alerting(
            self._store,
            held.enter_context(closing(open_reader(self._settings))),
            settings,
            partition=self._partition,
            is_ready=lambda: all(check() is None for check in checks.values()),
            faults=lambda: read_model_notices(self._condition.faults(), utc_now()),
            letters=lambda: self._letters().counts(),
        )
        alerting.start()
        held.callback(alerting.stop)
        return {"alerts": alerting.check}

    def _schema(self, metrics: ApiMetrics) -> MaskedSchema:
        extensions: Sequence[Callable[[], SchemaExtension]] = [
            *limiting(self._limits),
            lambda: Timed(metrics),
            lambda: ReadModelFaults(self._condition.faults),
        ]
        return schema(extensions, suggestions=self._plan.introspection)

    def _pages(self) -> Sequence[BaseRoute]:
        graphiql = graphiql_routes(built(), GRAPHIQL) if self._plan.graphiql else ()
        return [*dashboard_routes(read_archive()), *graphiql]

    def _context(self, caller: Caller) -> Context:
        assert self._served is not None
        return Context(caller, self._served)

    def _desk(self) -> Desk:
        assert self._served is not None
        assert self._served.desk is not None
        return self._served.desk

    @asynccontextmanager
    async def _lifespan(self, is_up: Callable[[], None], _: Starlette) -> AsyncGenerator[None]:
        """Opens and closes the parts of the event loop: the log's tail, the prices, the threads that run queries."""
        tail, readers = LiveTail(partial(open_reader, self._settings)), Readers()
        shared = self._hosted.shared
        signer = Signer() if shared is None else Signer(shared.secret)
        desk = Desk(self._hosted.door, self._hosted.account, signer)
        await tail.start()
        live = Live(tail, self._prices())
        books = shared_books(self._settings.book_view)
        self._served = Served(
            self._models,
            self._log.decode,
            readers,
            desk,
            live,
            self._projecting,
            self._notices,
            self._letters,
            Auditor(self._log, partial(checkpoints_of, self._log, self._plan.checkpoints)),
            CandleBook(self._question_store, self._partition),
            LogReporter(self._settings, self._log, self._letters),
            books,
            self._processes,
        )
        is_up()
        yield
        await tail.close()
        if books is not None:
            await readers.run(books.close)
        readers.close()
        desk.close()

    def _prices(self) -> Prices | None:
        watchers = self._hosted.watchers
        if watchers is None:
            return None
        prices = Prices()
        watchers.add(prices)
        return prices


def _opened(engine: Engine, held: ExitStack) -> Engine:
    held.callback(engine.dispose)
    return engine


def _check_exposed(plan: ApiPlan, book: TokenBook) -> None:
    """Raises InvalidInput where other machines can connect but no valid token exists, so that all would be refused."""
    if not plan.place.is_loopback and not any(entry.revoked_at is None for entry in book.entries()):
        raise InvalidInput(
            f"--host {plan.place.host} accepts other machines, which need a token, and there is none: create one first "
            "with `whence tokens create NAME --role viewer`"
        )
