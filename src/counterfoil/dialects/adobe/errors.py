"""The errors of this dialect (contract adobe §2.4). Which refusal is which error is in `refusals`.

A message is the raw template (``%1`` or ``%name``); its values stand apart in ``parameters``.
"""

from collections.abc import Sequence
from typing import Any

from counterfoil.ledger.faults import Fault

Parameters = dict[str, Any] | list[Any] | None

REQUIRED = '"%fieldName" is required. Enter and try again.'
NOT_SUPPORTED = '"%fieldName" is not supported. Correct the field name and try again.'
MANY_ERRORS = "One or more input exceptions have occurred."
NO_ROUTE = "Request does not match any route."
NOT_PROCESSED = "Specified request cannot be processed."
NO_ENTITY = "The entity that was requested doesn't exist. Verify the entity and try again."
NO_SUCH_ENTITY = "No such entity with %fieldName = %fieldValue"
ID_NEEDED = "An ID is needed. Set the ID and try again."
UNAUTHORIZED = "The consumer isn't authorized to access %resources."
DECODING = "Decoding error."
INTERNAL = "Internal Error. Details are available in Counterfoil log file. Report ID: webapi-%s"
NOT_ACCEPTABLE = (
    "Server cannot match any of the given Accept HTTP header media type(s) from the request: "
    '"%s" with media types from the config of response renderer.'
)


class AdobeError(Exception):
    """An answer that is not a success, in the form that this dialect gives it.

    Args:
        status: the HTTP status.
        message: the template of the message.
        parameters: the template's values; a list for ``%1``, an object for ``%name``.
        errors: the single errors, as pairs of template and values, where there are several.
        headers: headers of the answer besides the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        parameters: Parameters = None,
        *,
        errors: Sequence[tuple[str, Parameters]] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameters = parameters
        self.errors = tuple(errors)
        self.headers: tuple[tuple[bytes, bytes], ...] = tuple(headers)

    def body(self) -> dict[str, Any]:
        """Return the body of the answer."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors:
            body["errors"] = [_entry(message, parameters) for message, parameters in self.errors]
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def _entry(message: str, parameters: Parameters) -> dict[str, Any]:
    return {"message": message, "parameters": parameters} if parameters else {"message": message}


def required(*field_names: str) -> AdobeError:
    """Return the error for missing fields: the single form for one, the aggregate for more."""
    return several([(REQUIRED, {"fieldName": name}) for name in field_names])


def several(errors: Sequence[tuple[str, Parameters]]) -> AdobeError:
    """Return one error for one or more input errors. One collapses to the single form."""
    if len(errors) == 1:
        return AdobeError(400, *errors[0])
    return AdobeError(400, MANY_ERRORS, errors=errors)


def no_entity() -> AdobeError:
    """Return the 404 for an unknown order, invoice or item id."""
    return AdobeError(404, NO_ENTITY)


def no_such_entity(field_name: str, field_value: object) -> AdobeError:
    """Return the 404 that names the field which was looked for."""
    return AdobeError(404, NO_SUCH_ENTITY, {"fieldName": field_name, "fieldValue": field_value})


def unauthorized(resources: Sequence[str]) -> AdobeError:
    """Return the 401 for a missing, bad or insufficient token (this dialect knows no 403)."""
    return AdobeError(401, UNAUTHORIZED, {"resources": ", ".join(resources)})


def of_fault(fault: Fault) -> AdobeError:
    """Return the 503 for a fault. It claims that nothing happened only if that is certain."""
    message = str(fault)
    if not fault.definite:
        message += " Repeating it with the same Idempotency-Key is safe, if it carried one."
    retry_after = str(fault.retry_after_s).encode()
    return AdobeError(503, message, headers=[(b"retry-after", retry_after)])
