"""Signed requests against real processes: a nonce is good once among all of them, and after restarts."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import oauth
from tests.servers import Server, command, serving
from tests.wire import Answer, Connection

OUTSIDE = "https://shop.example.com"
PATH = "/rest/V1/orders?searchCriteria="


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    return str(tmp_path / "oauth-key")


@pytest.fixture
def servers(postgres_url: str, tmp_path: Path, key_file: str) -> Iterator[list[Server]]:
    arguments = ["--base-url", OUTSIDE, "--oauth-key-file", key_file]
    with serving(postgres_url, tmp_path, count=2, arguments=arguments) as servers:
        yield servers


def create(url: str, name: str, key_file: str) -> oauth.Keys:
    done = command(url, "keys", "create", name, "--oauth", "--json", "--oauth-key-file", key_file)
    assert done.returncode == 0, done.stderr
    keys: oauth.Keys = json.loads(done.stdout)
    return keys


def signed(keys: oauth.Keys) -> str:
    return oauth.header(keys, "GET", OUTSIDE + PATH)


def ask(server: Server, header: str) -> Answer:
    with Connection(server.port) as connection:
        return connection.ask("GET", PATH, headers={"Authorization": header})


def test_a_nonce_is_good_once_in_all_processes_and_after_restarts(
    servers: list[Server], postgres_url: str, key_file: str
) -> None:
    keys = create(postgres_url, "erp", key_file)
    requests = [signed(keys) for _ in range(25)]

    with ThreadPoolExecutor(16) as clients:
        tries = [(server, header) for header in requests for server in servers * 2]
        answers = list(clients.map(lambda one: ask(*one), tries))

    for number in range(len(requests)):
        assert sorted(answer.status for answer in answers[4 * number : 4 * number + 4]) == [
            200,
            401,
            401,
            401,
        ]
    servers[0].kill()
    servers[0].start()
    assert [ask(servers[0], header).status for header in requests] == [401] * 25
    assert ask(servers[0], signed(keys)).status == 200


def test_a_proxy_on_this_host_tells_the_address_outside(
    servers: list[Server], postgres_url: str, key_file: str
) -> None:
    keys = create(postgres_url, "erp", key_file)
    for forwarded, status in (("https", 200), ("http", 401)):
        header = oauth.header(keys, "GET", f"https://another.example.com{PATH}")
        outside = {"Host": "another.example.com", "X-Forwarded-Proto": forwarded}
        with Connection(servers[0].port) as connection:
            answer = connection.ask("GET", PATH, headers={"Authorization": header, **outside})
        assert answer.status == status


def test_a_revoked_key_is_refused_at_once_in_all_processes(
    servers: list[Server], postgres_url: str, key_file: str
) -> None:
    keys = create(postgres_url, "erp", key_file)
    assert [ask(server, signed(keys)).status for server in servers] == [200, 200]

    assert command(postgres_url, "keys", "revoke", "erp").returncode == 0

    assert [ask(server, signed(keys)).json["message"] for server in servers] == [
        "Specified token does not exist"
    ] * 2


def test_no_secret_is_in_the_log(servers: list[Server], postgres_url: str, key_file: str) -> None:
    keys = create(postgres_url, "erp", key_file)
    good = signed(keys)
    for header in (good, good, oauth.header(keys, "POST", OUTSIDE), good[:-20]):
        ask(servers[0], header)

    for part in ("consumer_secret", "access_token", "access_token_secret"):
        assert keys[part] not in servers[0].log()


def test_a_service_without_the_key_file_says_so_in_its_log_and_answers_503(
    servers: list[Server], postgres_url: str, key_file: str
) -> None:
    keys = create(postgres_url, "erp", key_file)
    Path(key_file).unlink()

    answer = ask(servers[0], signed(keys))

    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert key_file in servers[0].log()
