"""The errors of this dialect, in the two forms that the platform has (contract vtex §1).

Order management (``/api/oms`` and what places orders) wraps a code and a message in ``error``. The newer
systems (``/api/orders``, ``/api/order-system``) answer problem JSON, and their own codes in ``error``, too.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from counterfoil.ledger.faults import Fault

Headers = tuple[tuple[bytes, bytes], ...]


class Family(Enum):
    """Which of the two forms the errors of a route have."""

    OMS = "oms"
    PROBLEM = "problem"


_PROBLEM_PATHS = ("/api/orders/", "/api/order-system/")
_RFC = "https://tools.ietf.org/html/rfc9110#section-15."
_TITLES = {
    400: ("Bad Request", _RFC + "5.1"),
    401: ("Unauthorized", _RFC + "5.2"),
    403: ("Forbidden", _RFC + "5.4"),
    404: ("Not Found", _RFC + "5.5"),
    405: ("Method Not Allowed", _RFC + "5.6"),
    408: ("Request Timeout", _RFC + "5.9"),
    409: ("Conflict", _RFC + "5.10"),
    412: ("Precondition Failed", _RFC + "5.13"),
    413: ("Content Too Large", _RFC + "5.14"),
    415: ("Unsupported Media Type", _RFC + "5.16"),
    422: ("Unprocessable Content", _RFC + "5.21"),
    429: ("Too Many Requests", "https://tools.ietf.org/html/rfc6585#section-4"),
    500: ("Internal Server Error", _RFC + "6.1"),
    503: ("Service Unavailable", _RFC + "6.4"),
}
_INVALID = "One or more validation errors occurred."
_INVALID_TYPE = "https://tools.ietf.org/html/rfc7231#section-6.5.1"

JSON = b"application/json; charset=utf-8"
PROBLEM_JSON = b"application/problem+json; charset=utf-8"


def family_of(path: str) -> Family:
    """Return the form of the errors below a path."""
    return Family.PROBLEM if path.lower().startswith(_PROBLEM_PATHS) else Family.OMS


class VtexError(Exception):
    """An answer that is not a success.

    Args:
        status: the HTTP status.
        message: what is wrong.
        code: the platform's code for it, for both forms.
        oms_code: a code that only order management has; it stands for ``code`` there.
        fields: what is wrong with which field, for 400. The message says it, too.
        headers: headers of the answer besides the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        oms_code: str | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.oms_code = oms_code or code
        self.fields = fields
        self.headers = headers

    def answer(self, family: Family, trace_id: str) -> tuple[bytes, dict[str, Any]]:
        """Return the content type and the body.

        ``trace_id`` is 32 hexadecimal digits; the log has it next to faults and bugs.
        """
        if family is Family.OMS:
            code = self.oms_code or str(self.status)
            return JSON, {"error": {"code": code, "message": self.message, "exception": None}}
        if self.code is not None:
            error = {"code": self.code, "message": self.message, "exception": None}
            return JSON, {"error": error, "operationId": _uuid(trace_id), "fields": {}}
        title, kind = _TITLES[self.status]
        body: dict[str, Any] = {}
        if self.fields:
            body["errors"] = {name: list(messages) for name, messages in self.fields.items()}
            title, kind = _INVALID, _INVALID_TYPE
        body |= {"type": kind, "title": title, "status": self.status}
        if not self.fields and self.message != title:
            body["detail"] = self.message
        return PROBLEM_JSON, {**body, "traceId": f"00-{trace_id}-{trace_id[:16]}-00"}


def _uuid(trace_id: str) -> str:
    return "-".join(trace_id[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))


def unauthorized() -> VtexError:
    """Return the 401 for who shows no key and no token, or none that is good."""
    return VtexError(401, "Unauthorized access", oms_code="1")


def forbidden(resource: str) -> VtexError:
    """Return the 403 for who may not use the resource."""
    return VtexError(403, f"Access denied: the resource {resource} is needed.")


def no_route() -> VtexError:
    """Return the 404 for a path that leads nowhere."""
    return VtexError(404, "There is nothing at this path.")


def order_not_found() -> VtexError:
    """Return the 404 for an order that there is not."""
    return VtexError(404, "Order Not Found", oms_code="OMS007")


def invoice_not_found() -> VtexError:
    """Return the 404 for an invoice number that the order has not (known issue 631970)."""
    return VtexError(404, "Invoice Not Found")


def invalid(field: str, message: str) -> VtexError:
    """Return the 400 for a field that cannot be what is meant."""
    return VtexError(400, message, fields={field[:1].upper() + field[1:]: [message]})


def required(field: str) -> VtexError:
    """Return the 400 for a field that has to be there."""
    return invalid(field, f"The {field[:1].upper() + field[1:]} field is required.")


def of_fault(fault: Fault) -> VtexError:
    """Return the 503 for a fault. It claims that nothing happened only if that is certain."""
    message = str(fault)
    if not fault.definite:
        message += " Repeating it with the same Idempotency-Key is safe, if it carried one."
    return VtexError(503, message, headers=((b"retry-after", str(fault.retry_after_s).encode()),))
