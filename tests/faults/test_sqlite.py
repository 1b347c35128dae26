"""SQLite in trouble: a full disk, a file that cannot be written, a second server."""

import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import books
from tests.faults.workload import Workload, assert_is_try_again, until_refused
from tests.servers import Server, assert_books_are_clean, command, migrate, serving
from tests.shop import Shop, invoice_body, invoice_path, top_items

ROOM = 48 * 1024
"""How much may still be written when space runs short, in bytes."""


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[None]:
    """Mount a small file system on the directory for the block; skip where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    directory.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this root is not allowed to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


class Invoicing:
    """An order of thousands of units, to be invoiced one by one."""

    def __init__(self, server: Server) -> None:
        self.shop = Shop(server.port)
        self.shop.set_up()
        self.order_id = self.shop.place([self.shop.item("S1", 9999)])
        (row,) = top_items(self.shop.order(self.order_id))
        self._body = invoice_body([(row["item_id"], 1)])
        self.accepted: list[str] = []

    def one(self):
        answer = self.shop.ask("POST", invoice_path(self.order_id), self._body)
        if answer.status == 200:
            self.accepted.append(answer.json)
        return answer

    def assert_kept(self, database_url: str) -> None:
        (item,) = self.shop.order(self.order_id)["items"]
        assert item["qty_invoiced"] == len(self.accepted)
        stored = books.query(database_url, "SELECT entity_id FROM invoice ORDER BY entity_id")
        assert [str(entity_id) for (entity_id,) in stored] == self.accepted
        assert_books_are_clean(database_url)


def refuse_and_recover(invoicing: Invoicing, database_url: str, make_room) -> None:
    """See that the full disk is said clearly, reading goes on, and writing does as soon as there is room."""
    refused = until_refused(invoicing.one)
    assert refused.status == 503, str(refused)
    assert_is_try_again(refused)
    for _ in range(20):
        assert_is_try_again(invoicing.one())
    assert invoicing.shop.ask("GET", f"/rest/V1/orders/{invoicing.order_id}").status == 200

    make_room()

    for _ in range(20):
        assert invoicing.one().status == 200
    invoicing.assert_kept(database_url)


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="the limits of a process can be set on Linux only"
)
def test_a_limit_on_the_file_is_said_clearly_and_got_over(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url, tmp_path) as (server,):
        invoicing = Invoicing(server)
        for _ in range(50):
            assert invoicing.one().status == 200
        database = Path(books.sqlite_path(sqlite_url))
        largest = max(path.stat().st_size for path in database.parent.glob(database.name + "*"))
        before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (largest + ROOM, before[1]))

        refuse_and_recover(
            invoicing,
            sqlite_url,
            lambda: resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before),
        )


def test_a_full_disk_is_said_clearly_and_got_over(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 24):
        url = f"sqlite:///{disk}/counterfoil.db"
        with serving(url, tmp_path) as (server,):
            invoicing = Invoicing(server)
            filling = disk / "filling"
            free = shutil.disk_usage(disk).free
            filling.write_bytes(b"x" * (free - ROOM))

            refuse_and_recover(invoicing, url, filling.unlink)


@pytest.mark.timeout(180)
def test_a_disk_that_fills_up_under_a_crowd_costs_no_acknowledged_invoice(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 48):
        url = f"sqlite:///{disk}/counterfoil.db"
        with serving(url, tmp_path) as servers:
            work = Workload(servers, clients=8)
            work.start()
            filling = disk / "filling"
            for _ in range(3):
                work.wait_for(50)
                refused = work.statuses[503]
                fill(filling, disk)
                while work.statuses[503] < refused + 20:
                    assert not work.broken, work.broken[:3]
                filling.unlink()
            work.wait_for(50)
            work.finish()

            work.assert_kept()
            assert_books_are_clean(url)


def fill(filling: Path, disk: Path) -> None:
    """Take what is left of the disk, also what is given back meanwhile."""
    with filling.open("wb", buffering=0) as handle:
        while shutil.disk_usage(disk).free:
            try:
                handle.write(b"x" * 65536)
            except OSError:
                break


def test_a_file_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    if os.geteuid() == 0:  # root may write what is marked read-only, but not on a read-only disk
        with small_disk(place, 8):
            make_books(place)
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
            assert_does_not_start(place, tmp_path)
    else:
        make_books(place)
        for path in (*place.iterdir(), place):
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        assert_does_not_start(place, tmp_path)
        place.chmod(stat.S_IRWXU)


def make_books(place: Path) -> None:
    migrate(f"sqlite:///{place}/counterfoil.db")


def assert_does_not_start(place: Path, logs: Path) -> None:
    server = Server(f"sqlite:///{place}/counterfoil.db", logs / "serve.log")
    server.start(wait=False)
    assert server.wait() not in {0, None}
    assert "Traceback" not in server.log(), server.log()
    assert str(place) in server.log() or "read" in server.log().lower(), server.log()


def test_a_second_server_on_the_same_file_says_so_and_stops(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url, tmp_path) as (server,):
        second = Server(sqlite_url, tmp_path / "second.log")
        second.start(wait=False)

        assert second.wait() == 1
        assert "is in use by another counterfoil serve" in second.log()
        assert books.sqlite_path(sqlite_url) in second.log()
        assert "Traceback" not in second.log()
        assert server.answers()


def test_the_file_is_free_again_after_a_kill(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url, tmp_path) as (server,):
        server.kill()
        server.start()
        assert server.answers()


def test_commands_may_look_at_the_books_while_a_server_runs(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url, tmp_path):
        assert_books_are_clean(sqlite_url)
        assert command(sqlite_url, "users", "list").returncode == 0


def test_several_workers_on_one_file_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    server = Server(sqlite_url, tmp_path / "serve.log", arguments=["--workers", "2"])
    server.start(wait=False)

    assert server.wait() == 2
    assert "PostgreSQL" in server.log()
