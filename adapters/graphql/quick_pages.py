"""Answers queries for one page of columns without an execution of their document.

The first request with a document is executed as any other. Where it selects one page of columns only, the plan of its
page answers all later requests: the arguments are read by graphql-core and Strawberry, the limits and the role are
checked, and the plan writes the page. What the plan cannot answer is executed again from the beginning, also everything
that ends with an error, so that errors are those of graphql-core.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from time import perf_counter
from typing import Any, cast

import msgspec
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import get_argument_values, get_variable_values
from strawberry.types.arguments import convert_arguments

from adapters.graphql.as_of import When
from adapters.graphql.completion import kept_page
from adapters.graphql.condition import Faults, ReadModelFaults
from adapters.graphql.context import Context
from adapters.graphql.limits import Limits, is_within
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.page_plan import RootPage
from adapters.graphql.permission import least_role
from adapters.metrics.api import ApiMetrics, Operation, Status
from projections.questions.page import Wanted

_JSON = msgspec.json.Encoder()
_KNOWN = 256
"""The requests whose arguments are remembered. A document and its variables have at most a few thousand bytes here."""
_Requested = tuple[Wanted, When | None]


class QuickPages:
    """The pages of one schema, within `limits`; `faults` are added to each response as `ReadModelFaults` does."""

    def __init__(self, schema: MaskedSchema, limits: Limits, metrics: ApiMetrics, faults: Faults) -> None:
        self._schema, self._limits, self._metrics = schema, limits, metrics
        self._faults = ReadModelFaults(faults)
        self._known: OrderedDict[tuple[str, bytes], _Requested] = OrderedDict()

    def knows(self, query: str) -> bool:
        """Whether a request with this document was answered before and selects one page of columns."""
        document = self._schema.valid.find(query)
        return document is not None and kept_page(document) is not None

    async def answer(self, query: str, variables: Mapping[str, Any], context: Context) -> bytes | None:
        """The response as JSON; None where the document has to be executed."""
        began = perf_counter()
        try:
            body = await self._answer(query, variables, context)
        except Exception:  # noqa: BLE001  # the execution raises it again, and reports it with its place
            return None
        finally:
            await context.close()
        if body is not None:
            self._metrics.answered(Operation.QUERY, Status.OK, perf_counter() - began)
        return body

    async def _answer(self, query: str, variables: Mapping[str, Any], context: Context) -> bytes | None:
        document = self._schema.valid.find(query)
        page = None if document is None else kept_page(document)
        if document is None or page is None or not is_within(self._core, document, variables, self._limits):
            return None
        role = least_role(page.field)
        if role is None:
            return None
        context.caller.check(role)
        wanted, at = self._requested(query, document, page, variables)
        moment = await context.moment(at)
        written = await moment.run(partial(page.plan.written, wanted=wanted), is_last=True)
        extensions = self._faults.get_results()
        response = {"data": {page.name: written}}
        return _JSON.encode(response | {"extensions": extensions} if extensions else response)

    @property
    def _core(self) -> GraphQLSchema:
        schema: GraphQLSchema = cast(Any, self._schema)._schema  # noqa: SLF001  # there is no other way to it
        return schema

    def _requested(
        self, query: str, document: DocumentNode, page: RootPage, variables: Mapping[str, Any]
    ) -> _Requested:
        """The page and the moment that the arguments name. Pages that are read again and again have the same arguments.

        Raises GraphQLError, InvalidInput.
        """
        key = (query, _JSON.encode(variables))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(document, page, variables)
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)
        return known

    def _read(self, document: DocumentNode, page: RootPage, variables: Mapping[str, Any]) -> _Requested:
        (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
        coerced = get_variable_values(self._core, operation.variable_definitions, dict(variables))
        if not isinstance(coerced, dict):
            raise coerced[0]
        values = get_argument_values(page.definition, page.nodes[0], coerced)
        converter = self._schema.schema_converter
        given = convert_arguments(
            values, page.field.arguments, converter.scalar_registry, self._schema.config
        )
        return page.listed.requested(**given)
