"""App keys on running services: what they open, and that a revoked one opens nothing 5 seconds later."""

import json
import time

import pytest

from counterfoil.access.access import KNOWN_FOR_S
from tests.servers import command, serving
from tests.wire import Connection

NO_ORDER = "/api/oms/pvt/orders/v599999cntf-01/conversation-message"
LET_IN, NOBODY = 404, 401


@pytest.fixture
def servers(postgres_url, tmp_path):
    with serving(postgres_url, tmp_path, count=2) as both:
        yield both


def create(url: str, name: str, *arguments: str) -> dict[str, str]:
    done = command(url, "keys", "create", name, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pair(created: dict[str, str]) -> dict[str, str]:
    return {"X-VTEX-API-AppKey": created["appKey"], "X-VTEX-API-AppToken": created["appToken"]}


def answers(servers, headers: dict[str, str]) -> list[int]:
    found = []
    for server in servers:
        with Connection(server.port) as connection:
            found.append(connection.ask("GET", NO_ORDER, headers=headers).status)
    return found


def test_a_revoked_app_key_is_refused_by_every_process_within_5_seconds(servers, postgres_url):
    oms = create(postgres_url, "oms", "--dialect", "vtex", "--role", "viewer")
    assert answers(servers, pair(oms)) == [LET_IN, LET_IN]
    assert answers(servers, {**pair(oms), "X-VTEX-API-AppToken": oms["appToken"][::-1]}) == [NOBODY, NOBODY]

    assert command(postgres_url, "keys", "revoke", "oms").returncode == 0
    revoked_at_s = time.monotonic()
    while answers(servers, pair(oms)) != [NOBODY, NOBODY]:
        # Half a second more than promised, for the requests themselves on a busy machine.
        assert time.monotonic() - revoked_at_s < KNOWN_FOR_S + 0.5
        time.sleep(0.1)

    for server in servers:
        assert oms["appToken"] not in server.log()
        assert oms["appToken"][::-1] not in server.log()


def test_a_key_opens_its_own_dialect_with_the_rights_that_it_has(servers, postgres_url):
    biller = create(postgres_url, "biller", "--dialect", "vtex", "--resource", "Notify invoice")
    oms = create(postgres_url, "oms", "--dialect", "vtex")
    erp = create(postgres_url, "erp", "--role", "viewer")
    few = create(postgres_url, "few", "--resource", "Magento_Backend::all")

    assert answers(servers[:1], pair(biller)) == [403]
    assert answers(servers[:1], {"VtexIdclientAutCookie": erp["token"]}) == [LET_IN]
    assert answers(servers[:1], {"Cookie": f"a=b; VtexIdclientAutCookie={erp['token']}"}) == [LET_IN]
    assert answers(servers[:1], {"VtexIdclientAutCookie": few["token"]}) == [403]
    assert answers(servers[:1], {"VtexIdclientAutCookie": oms["appToken"]}) == [NOBODY]
    with Connection(servers[0].port) as connection:
        bearer = {"Authorization": f"Bearer {oms['appToken']}"}
        assert connection.ask("GET", "/rest/V1/orders/1", headers=bearer).status == NOBODY
