"""The description of the operations in Swagger 2.0, made of the route table (recording 760).

Nothing is described that is not in a table: operations are the routes, arguments their parameters. What
answers look like is not in a table, and not described.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from counterfoil.dialects.adobe.route import ANONYMOUS, Route, snake_case
from counterfoil.dialects.adobe.schema_services import module_and_service, service_of
from counterfoil.dialects.adobe.schema_types import (
    Definitions,
    Schema,
    query_fields,
    reference,
    scalar,
)
from counterfoil.dialects.adobe.wire import STRING

API_VERSION: Final = "2.4"
"""The version of the language."""

_SECURITY: Final = "api_key"
_ERROR: Final = "error-response"
_FORMS: Final = ["application/json", "application/xml"]
_WITH_BODY: Final = frozenset({"POST", "PUT"})
_NOT_WORD = re.compile(r"[^A-Za-z0-9]+")
_ABOUT: Final = (
    "POST and PUT take an Idempotency-Key header; what writes to an order takes If-Match. "
    "The same operations under /async and /async/bulk are carried out later."
)
_SECURITY_DEFINITIONS: Final = {
    _SECURITY: {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": 'The word "Bearer" and a token, or a signature of OAuth 1.0a.',
    }
}
_ERRORS: Final[dict[str, Schema]] = {
    _ERROR: {
        "type": "object",
        "properties": {
            "message": {"type": "string", "description": "What is wrong; %1 or %name stand for values"},
            "errors": reference("error-errors"),
            "parameters": reference("error-parameters"),
        },
        "required": ["message"],
    },
    "error-errors": {
        "type": "array",
        "description": "The single errors, where there are several",
        "items": reference("error-errors-item"),
    },
    "error-errors-item": {
        "type": "object",
        "properties": {"message": {"type": "string"}, "parameters": reference("error-parameters")},
        "required": ["message"],
    },
    "error-parameters": {"description": "The values of the message: a list for %1, an object for %name"},
}
_REFUSALS: Final[dict[str, Schema]] = {
    "400": {"description": "400 Bad Request", "schema": reference(_ERROR)},
    "401": {"description": "401 Unauthorized", "schema": reference(_ERROR)},
    "404": {"description": "404 Not found", "schema": reference(_ERROR)},
    "503": {
        "description": "503 Service Unavailable: the message says whether anything was done",
        "schema": reference(_ERROR),
        "headers": {"Retry-After": {"type": "integer", "description": "Seconds"}},
    },
    "default": {"description": "Unexpected error", "schema": reference(_ERROR)},
}


class Description:
    """What there is to be said about all operations, each described once."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Describe the routes."""
        self._definitions = Definitions((module_and_service(route)[0], route.params) for route in routes)
        self._operations = [(route, self._operation(route)) for route in routes]
        self.services = frozenset(service_of(route) for route in routes)

    def document(
        self, routes: Iterable[Route], *, title: str, scheme: str, host: str, base_path: str
    ) -> dict[str, Any]:
        """Return the whole document.

        Args:
            routes: what to describe.
            title: the name of the API.
            scheme: ``http`` or ``https``.
            host: where the service is, with the port.
            base_path: what stands before the paths, such as ``/rest/all``.
        """
        wanted = {(route.method, route.path) for route in routes}
        paths: dict[str, dict[str, Any]] = {}
        tags: set[str] = set()
        for route, operation in self._operations:
            if (route.method, route.path) in wanted:
                paths.setdefault(_path(route), {})[route.method.lower()] = operation
                tags.update(operation["tags"])
        return {
            "swagger": "2.0",
            "info": {"version": API_VERSION, "title": title, "description": _ABOUT},
            "host": host,
            "basePath": base_path,
            "schemes": [scheme],
            "securityDefinitions": _SECURITY_DEFINITIONS,
            "tags": [{"name": name} for name in sorted(tags)],
            "paths": paths,
            "definitions": {**_ERRORS, **self._definitions.reached_from(_bodies(paths))},
        }

    def _operation(self, route: Route) -> dict[str, Any]:
        operation: dict[str, Any] = {
            "tags": [service_of(route)],
            "description": "",
            "operationId": _operation_id(route),
            "consumes": _FORMS[:1],
            "produces": _FORMS,
            "parameters": [*_path_parameters(route), *self._arguments(route)],
            "responses": _responses(route),
        }
        if route.resources != ANONYMOUS:
            operation["security"] = [{_SECURITY: []}]
        return operation

    def _arguments(self, route: Route) -> list[Schema]:
        """Return the parameters that are not in the path: one body, or the fields of a query."""
        variables = {snake_case(name) for name in route.variables}
        params = [param for param in route.params if param.name not in variables]
        if route.method not in _WITH_BODY:
            return [
                {
                    "name": name,
                    "in": "query",
                    "required": param.required and name == param.wire_name,
                    **schema,
                }
                for param in params
                for name, schema in query_fields(param)
            ]
        if not params:
            return []
        schema: Schema = {
            "type": "object",
            "properties": {param.wire_name: self._definitions.schema(param.type) for param in params},
            "xml": {"name": "request"},
        }
        required = [param.wire_name for param in params if param.required]
        if required:
            schema["required"] = required
        return [{"name": f"{_operation_id(route)}Body", "in": "body", "schema": schema}]


def _path(route: Route) -> str:
    return re.sub(r":(\w+)", r"{\1}", route.path)


def _operation_id(route: Route) -> str:
    """Return a name like ``PostV1OrderOrderIdInvoice``."""
    words = (_NOT_WORD.sub("", part) for part in route.path.split("/"))
    return route.method.capitalize() + "".join(word[:1].upper() + word[1:] for word in words)


def _path_parameters(route: Route) -> list[Schema]:
    types = {param.name: param.type for param in route.params}
    return [
        {"name": name, "in": "path", "required": True, **scalar(types.get(snake_case(name), STRING))}
        for name in route.variables
    ]


def _responses(route: Route) -> Schema:
    """Return what an operation may answer. Arguments can be wrong, and what a path names can be missing."""
    codes = [
        *(["400"] if route.params else []),
        *(["401"] if route.resources != ANONYMOUS else []),
        *(["404"] if route.variables else []),
        "503",
        "default",
    ]
    return {"200": {"description": "200 Success.", "schema": {}}, **{code: _REFUSALS[code] for code in codes}}


def _bodies(paths: dict[str, dict[str, Any]]) -> list[Schema]:
    return [
        parameter["schema"]
        for operations in paths.values()
        for operation in operations.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "body"
    ]
