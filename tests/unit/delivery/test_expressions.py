"""Expressions of clients: what they say of a document, and that none can hurt the service."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from counterfoil.clock import Clock
from counterfoil.delivery.expressions import Expressions, Said, TooSlow, Wrong

DOCUMENT = {
    "status": "handling",
    "value": 1200,
    "salesChannel": "2",
    "finished": True,
    "changesAttachment": {"changesData": [{"itemsAdded": [{"id": "1"}]}]},
    "packageAttachment": {"packages": [{"courier": "Fast Foo", "restitutions": {"Refund": {"value": 3}}}]},
    "items": [{"name": "Blue shirt"}, {"name": "Red shirt"}],
}


@pytest.fixture
async def expressions():
    expressions = Expressions(Clock(), deadline_s=0.5)
    yield expressions
    await expressions.close()


@pytest.mark.parametrize(
    "expression, says",
    [
        ('status = "handling"', True),
        ('status = "invoiced"', False),
        ("value > 100", True),
        ('(status = "handling" and salesChannel = "2")', True),
        ("$count(changesAttachment.changesData.itemsAdded) > 0", True),
        ("$count(changesAttachment.changesData.itemsRemoved) > 0", False),
        ("finished = true", True),
        ("$count(packageAttachment.packages.restitutions.Refund.value) > 0", True),
        ("items[0].name ~> /BLUE/i", True),
        ("items[0].name ~> /green/i", False),
        ('$contains($string(packageAttachment.packages[0].courier),"Foo")', True),
        ("status", True),
        ("nothing", False),
        ("nothing > 3", False),
        ("items[price > 3]", False),
        ("[false, false]", False),
        ("0", False),
        ('""', False),
        ("{}", False),
    ],
)
async def test_an_expression_is_true_or_not(expressions, expression, says):
    assert await expressions.evaluate(expression, json.dumps(DOCUMENT)) == Said(says)


@pytest.mark.parametrize(
    "expression",
    [
        *("(", "", 'value > "100"', "$nothing()", "$error('x')", '$pad("a", 2000000000)'),
        *("($f := function($x){$f($x) + 1}; $f(1))", "(" * 300 + "1" + ")" * 299, "1" * 5001),
    ],
)
async def test_a_wrong_expression_is_told_why(expressions, expression):
    verdict = await expressions.evaluate(expression, '{"value": 1}')
    assert isinstance(verdict, Wrong)
    assert verdict.why


SLOW = [
    '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)',
    "($f := function($x){$f($x)}; $f(1))",
    "$sum([1..9999999].($ * 2))",
    "(" * 2400 + "1" + ")" * 2400,
]


@pytest.mark.parametrize("expression", SLOW)
async def test_an_endless_expression_is_stopped_and_not_begun_again(expressions, expression):
    await expressions.evaluate("1", "{}")
    longest_s = 0.0

    async def watch():
        nonlocal longest_s
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.monotonic() - began_s)

    watching = asyncio.create_task(watch())
    began_s = time.monotonic()
    assert isinstance(await expressions.evaluate(expression, "{}"), TooSlow | Wrong)
    assert time.monotonic() - began_s < 3
    watching.cancel()
    assert longest_s < 0.4, "the service goes on meanwhile"
    assert await expressions.evaluate("1 = 1", "{}") == Said(true=True)
    began_s = time.monotonic()
    assert isinstance(await expressions.evaluate(expression, "{}"), TooSlow | Wrong)


async def test_an_expression_cannot_reach_the_machine(expressions):
    for expression in (
        "$eval('__import__(\"os\").getpid()')",
        "$fetch('http://127.0.0.1')",
        "$readFile('/etc/passwd')",
    ):
        assert isinstance(await expressions.evaluate(expression, "{}"), Wrong)


async def test_the_process_has_no_environment_and_ends_with_the_evaluator(expressions, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_ADMIN_PASSWORD", "secret")
    await expressions.evaluate("1", "{}")
    child = expressions._child
    environment = await asyncio.to_thread(Path(f"/proc/{child.pid}/environ").read_bytes)
    assert b"secret" not in environment
    await expressions.close()
    assert child.returncode is not None
