"""The API as one ASGI application: GraphQL, GraphiQL, health checks, metrics, and the middleware that all share."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, ExceptionHandler, Lifespan

from adapters.codes import Code
from adapters.http.access import Access
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate, Guarded
from adapters.http.guards import NoTokenInAddress, OneShape, OwnPages, Patience, SafeHeaders
from adapters.http.health import Health
from adapters.http.options import LOOPBACK_NAMES, HttpOptions
from adapters.http.paths import GRAPHQL, SIGNALS
from adapters.http.refusal import refusal

_log = logging.getLogger(__name__)


def build_app(
    endpoint: Endpoint,
    gate: Gate,
    options: HttpOptions,
    health: Health,
    pages: Sequence[BaseRoute] = (),
    metrics: Route | None = None,
    lifespan: Lifespan[Starlette] | None = None,
    signals: ASGIApp | None = None,
) -> ASGIApp:
    """The application. `pages` has the routes of the dashboard and of GraphiQL. `metrics` requires a caller, as GraphQL
    does. `signals` takes the signals of sources; None where the settings have no source.
    """
    routes = [
        *pages,
        Route(GRAPHQL, Guarded(endpoint, gate), methods=["GET", "POST"]),
        WebSocketRoute(GRAPHQL, endpoint),
        Route("/healthz", health.lives),
        Route("/readyz", health.ready),
        *([] if metrics is None else [Route(metrics.path, Guarded(metrics.app, gate))]),
        *([] if signals is None else [Route(SIGNALS, signals, methods=["POST"])]),
    ]
    handlers: Mapping[Any, ExceptionHandler] = {Exception: _failed, HTTPException: _unrouted}
    app = Starlette(
        routes=routes,
        middleware=_before(options),
        exception_handlers=handlers,
        lifespan=_lifespan(endpoint, lifespan),
    )
    # A redirect of a POST is followed without its body by many programs, and has no body of ours.
    app.router.redirect_slashes = False
    return app


def _lifespan(endpoint: Endpoint, own: Lifespan[Starlette] | None) -> Lifespan[Starlette]:
    """The given lifespan, with the endpoint's loop of queries within it: it ends before the parts that queries use."""

    @asynccontextmanager
    async def both(app: Starlette) -> AsyncGenerator[None]:
        within: AbstractAsyncContextManager[Any] = nullcontext() if own is None else own(app)
        async with within:
            with endpoint.queries:
                yield

    return both


def _before(options: HttpOptions) -> Sequence[Middleware]:
    """The middleware, the outermost first."""
    hosts = [_as_in_a_header(host) for host in (*LOOPBACK_NAMES, *options.hosts)]
    return [
        Middleware(Access),
        Middleware(SafeHeaders, tls=options.tls),
        Middleware(OneShape),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(NoTokenInAddress),
        *_cors(options),
        Middleware(OwnPages, origins=options.origins),
        Middleware(RequestBodyLimitMiddleware, max_body_size=options.body_bytes),
        Middleware(Patience, seconds=options.patience),
    ]


def _as_in_a_header(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _cors(options: HttpOptions) -> Sequence[Middleware]:
    """CORS headers for the configured origins only. The API uses no cookies, so credentials are never allowed."""
    if not options.origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=options.origins,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
            expose_headers=["Retry-After", "X-Request-Id"],
        )
    ]


async def _failed(_: Request, error: Exception) -> Response:
    incident = secrets.token_hex(6)
    _log.error("incident %s", incident, exc_info=error, extra={"incident": incident})
    return refusal(500, Code.INTERNAL, f"an internal error occurred (incident {incident})")


async def _unrouted(request: Request, error: Exception) -> Response:
    """The response where no route takes the request: another address (404), or another method (405)."""
    assert isinstance(error, HTTPException)
    has_slash = error.status_code == _NOT_FOUND and request.url.path.endswith("/")
    remedy = "; no address of this API ends with a slash: leave it out" if has_slash else ""
    return refusal(error.status_code, Code.BAD_INPUT, f"{error.detail}{remedy}", error.headers)


_NOT_FOUND = 404
