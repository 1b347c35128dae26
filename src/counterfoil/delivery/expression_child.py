"""The process that evaluates other people's JSONata expressions, and nothing else.

It is run by file name with a Python that sees no environment, and gives up rights before it reads anything:
little memory, no files to write, no processes. Each evaluation has a deadline, after which the process ends
itself, whatever it is doing. It knows nothing of the program around it.

A line of input is a JSON list: an expression, a document as JSON text, and the seconds to take at most. A
line of output is ``[true]``, ``[false]`` or ``[null, "what is wrong", whether it is no expression at all]``.
"""

import json
import resource
import signal
import sys
from functools import lru_cache
from typing import Any

from jsonata import jexception, jsonata

MEMORY = 512 * 1024 * 1024
LONGEST_COMPLAINT = 200


@lru_cache(maxsize=64)
def _parsed(expression: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(expression)


@lru_cache(maxsize=4)
def _document(text: str) -> Any:
    return json.loads(text)


def _truth(value: object) -> bool:
    """Return what JSONata's own cast to a truth makes of a result; functions and matches are truths here."""
    if isinstance(value, list):
        return any(_truth(one) for one in value)
    return bool(value)


def answer(expression: str, text: str) -> list[object]:
    """Return the line of output for one expression and one document."""
    parsed: jsonata.Jsonata | None = None
    try:
        parsed = _parsed(expression)
        return [_truth(parsed.evaluate(_document(text)))]
    except jexception.JException as error:
        why = str(error)[:LONGEST_COMPLAINT]
    except RecursionError:
        why = "The expression is nested too deeply."
    except MemoryError:
        why = "The expression needs too much memory."
    except Exception as error:  # noqa: BLE001 -- whatever an expression makes of the library, it is its fault
        why = f"The expression cannot be evaluated ({type(error).__name__})."
    return [None, why, parsed is None]


def main() -> None:
    """Answer line by line until the input ends."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (value, value))
    for line in sys.stdin:
        expression, text, within_s = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, within_s)
        said = json.dumps(answer(expression, text))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(said + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
