"""The route `/metrics`, which Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def metrics_route(registry: CollectorRegistry, path: str = "/metrics") -> Route:
    """A route that returns all metrics of the registry, in the text format that the client accepts.

    The route runs in a worker thread, because it reads the store.
    """

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type, "cache-control": "no-store"})

    return Route(path, metrics, methods=["GET"])
