"""What the README asks a newcomer to paste into a terminal, pasted."""

import re
import subprocess
from pathlib import Path

from tests.servers import ADMIN_PASSWORD, Server, assert_books_are_clean, serving

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SCENARIO = "### The scenario"
NEXT = "### Ship it, give some back, cancel another"


def blocks(heading: str) -> list[str]:
    section = README.split(f"{heading}\n")[1].split("\n#")[0]
    return re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def printed(server: Server) -> str:
    """The lines that `serve` printed to be pasted, with the password filled in."""
    pasted = server.log().split("into another terminal:\n")[1].split("Stop with")[0]
    return re.sub(r"^[A-Z].*:$", "", pasted, flags=re.MULTILINE).replace("YOUR-PASSWORD", ADMIN_PASSWORD)


def test_the_pasted_lines_answer_what_the_readme_shows(tmp_path):
    database = f"sqlite:///{tmp_path / 'books.db'}"
    with serving(database, tmp_path, arguments=["--demo-data"]) as [server]:
        commands, shown = blocks(NEXT)
        script = f"{printed(server)}\n{commands.replace('http://127.0.0.1:8080', server.url)}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    ids, order, invoices, *vtex = done.stdout.splitlines()
    answers, (status, value, *rest) = vtex[:2], [line for line in vtex[2:] if line]
    shown_ids, shown_order, shown_invoices = blocks(SCENARIO)[0].splitlines()
    assert sorted(re.findall(r'"\d+"', ids)) == re.findall(r'"\d+"', shown_ids)
    assert order.startswith(shown_order.removesuffix("…")), order
    assert sorted(re.findall(r'"grand_total":(\d+)', invoices)) in (["30", "30"], ["20", "40"])
    assert re.findall(r'"increment_id":"\d+"', invoices) == re.findall(
        r'"increment_id":"\d+"', shown_invoices
    )
    # Of a Change and an invoice at once, one is refused.
    assert sum('"error"' in answer for answer in answers) == 1, answers
    assert (status, value) in (
        tuple(blocks(SCENARIO)[1].splitlines()),
        ('"status":"handling"', '"value":5745'),
    )
    assert rest == shown.splitlines()
    assert_books_are_clean(database)
