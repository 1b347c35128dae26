"""Logs: one JSON object a line on standard error."""

import logging
import sys

import structlog


def set_up(level: str) -> None:
    """Write log lines of ``level`` (debug, info, warning, error) and above."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    # The pool's remarks about connections it replaces by itself are nothing to act on.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
