"""Which addresses hooks may name, and that nothing else is ever asked."""

import asyncio
import socket

import pytest

from counterfoil.delivery.outgoing import Outgoing, Unreached, Unusable, bad_header, is_public
from tests.receiver import receiving

INSIDE = [
    *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
    *("2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b::7f00:1"),
]


@pytest.fixture
async def outgoing():
    outgoing = Outgoing(allow_http=True)
    yield outgoing
    await outgoing.close()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_no_public_network_is_known_in_every_form(address):
    assert not is_public(address)
    with pytest.raises(Unusable):
        Outgoing(allow_http=True).check(f"http://[{address}]/" if ":" in address else f"http://{address}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_world_may_be_asked(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "example.com",
        "",
        "https://",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com:99999/",
        "https://exam ple.com/",
        "https://127.0.0.1\\@example.com/",
        "https://example.com/\r\nHost: other",
        "https://[::1",
        "https://" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_https_is_refused(url):
    with pytest.raises(Unusable):
        Outgoing().check(url)


def test_an_address_of_https_is_taken():
    Outgoing().check("https://shop.example.com:8443/hooks?x=1")


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "０x7f000001", "１２７.0.0.1", "127。0。0。1", "127.1"]
)
async def test_no_spelling_of_this_machine_is_asked(outgoing, host):
    async with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        with pytest.raises((Unusable, Unreached)):
            await outgoing.post(f"http://{host}:{port}/", b"{}", {})
        assert receiver.received == []


@pytest.mark.parametrize("host", ["a" * 300 + ".example", "a..example"])
async def test_a_name_that_no_host_can_have_is_no_address(outgoing, host):
    with pytest.raises(Unusable, match="The address cannot be used"):
        await outgoing.post(f"http://{host}/", b"{}", {})


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_leads_inside_is_refused(outgoing, monkeypatch, addresses):
    async with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        resolve_to(monkeypatch, port, lambda: addresses)
        with pytest.raises(Unusable):
            await outgoing.post(f"http://shop.example:{port}/", b"{}", {})
        assert receiver.received == []


async def test_a_name_that_is_looked_up_again_with_another_answer_leads_nowhere(outgoing, monkeypatch):
    """DNS rebinding: the connection goes to the address that was looked at, whatever the name means later."""
    answers = [["127.0.0.1"], ["192.0.2.1"]]
    async with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        asked = resolve_to(monkeypatch, port, answers.pop)
        monkeypatch.setattr("counterfoil.delivery.outgoing.is_public", lambda address: address == "192.0.2.1")
        posting = asyncio.create_task(outgoing.post(f"http://shop.example:{port}/", b"{}", {}))
        await asyncio.sleep(0.3)
        posting.cancel()
        assert receiver.received == []
        assert asked == ["shop.example"], "the name is looked up once"


def resolve_to(monkeypatch, port, addresses):
    """Have every name mean what ``addresses`` returns when it is looked up."""
    asked = []

    async def getaddrinfo(_self, host, *_arguments, **_options):
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses()
        ]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", getaddrinfo, raising=False)
    return asked


async def test_private_networks_can_be_allowed():
    outgoing = Outgoing(allow_http=True, allow_private=True)
    async with receiving() as receiver:
        assert await outgoing.post(receiver.url, b'{"a":1}', {"x": "y"}) == 200
        assert (receiver.received[0].json, receiver.received[0].headers["x"]) == ({"a": 1}, "y")
    await outgoing.close()


async def test_an_address_that_does_not_answer_in_time_was_not_reached(monkeypatch):
    monkeypatch.setattr("counterfoil.delivery.outgoing.TIMEOUT_S", 0.2)
    outgoing = Outgoing(allow_http=True, allow_private=True)
    async with receiving() as receiver:
        receiver.hold.clear()
        with pytest.raises(Unreached):
            await outgoing.post(receiver.url, b"{}", {})
    await outgoing.close()


@pytest.mark.parametrize(
    "name, value",
    [("Host", "x"), ("content-length", "1"), ("a b", "x"), ("a", "x\r\ny: z"), ("", "x"), ("é", "x")],
)
def test_headers_that_would_change_the_request_are_refused(name, value):
    assert bad_header(name, value)


def test_headers_of_clients_are_sent():
    assert not bad_header("Authorization", "Bearer abc")
