"""The command line: what it prints, what it refuses, and with which exit status."""

import asyncio
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from counterfoil import cli
from counterfoil.access.access import Access
from counterfoil.access.identity import Identity
from counterfoil.main import open_ledger
from tests.storage import execute_sql
from tests.tasks import want


class Terminal:
    """Runs commands on one database and keeps what they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        self._capsys, self._monkeypatch, self.url = capsys, monkeypatch, url
        self.out = self.err = ""

    def run(self, *arguments: str, stdin: str = "") -> int:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        self._capsys.readouterr()  # what was printed between commands
        status = cli.run(arguments)
        self.out, self.err = self._capsys.readouterr()
        return status

    def json(self, *arguments: str, stdin: str = ""):
        assert self.run(*arguments, "--json", stdin=stdin) == 0, self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    def signs_in(self, name: str, password: str) -> bool:
        async def attempt() -> bool:
            async with open_ledger(self.url) as ledger:
                return isinstance(await Access(ledger).sign_in_admin(name, password), str)

        return asyncio.run(attempt())

    def app(self, app_key: str, app_token: str) -> Identity | None:
        async def look() -> Identity | None:
            async with open_ledger(self.url) as ledger:
                return await Access(ledger).app_key(app_key, app_token)

        return asyncio.run(look())

    def identify(self, token: str) -> Identity:
        async def look() -> Identity:
            async with open_ledger(self.url) as ledger:
                return await Access(ledger).identify(token)

        return asyncio.run(look())


@pytest.fixture
def terminal(capsys, monkeypatch, tmp_path) -> Terminal:
    url = f"sqlite:///{tmp_path}/books.db"
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", url)
    return Terminal(capsys, monkeypatch, url)


# ---------------------------------------------------------------- users


def test_a_user_is_created_with_a_password_that_is_shown_once(terminal):
    assert terminal.run("users", "create", "ann") == 0
    password = terminal.out.split("Password: ")[1].split("\n")[0]

    assert "administrator" in terminal.out
    assert terminal.signs_in("ann", password)
    terminal.run("users", "list")
    assert "ann" in terminal.out
    assert password not in terminal.out


def test_a_password_from_standard_input_is_not_printed(terminal):
    created = terminal.json("users", "create", "ci", "--password-stdin", stdin="correct horse\n")

    assert created == {"id": 1, "name": "ci", "role": "administrator", "resources": []}
    assert terminal.signs_in("ci", "correct horse")


def test_rights_are_a_role_or_resources(terminal):
    terminal.json("users", "create", "vic", "--role", "viewer")
    invoice, ship = "Magento_Sales::invoice", "Magento_Sales::ship"
    terminal.json("users", "create", "eve", "--resource", ship, "--resource", invoice)

    vic, eve = terminal.json("users", "list")
    assert (vic["role"], vic["resources"]) == ("viewer", [])
    assert (eve["role"], eve["resources"]) == (None, [invoice, ship])
    assert eve["locked_until"] is None


def test_a_name_in_use_is_refused_with_what_to_do(terminal):
    terminal.run("users", "create", "ann")

    assert terminal.run("users", "create", "ann") == 1
    assert "counterfoil users set-password ann" in terminal.err
    assert terminal.out == ""


def test_another_password_replaces_the_first(terminal):
    terminal.run("users", "create", "ann", "--password-stdin", stdin="correct horse")
    changed = terminal.json("users", "set-password", "ann")

    assert not terminal.signs_in("ann", "correct horse")
    assert terminal.signs_in("ann", changed["password"])
    assert terminal.json("users", "set-password", "ann", "--password-stdin", stdin="battery staple") == {
        "name": "ann"
    }
    assert terminal.signs_in("ann", "battery staple")


def test_a_lock_out_is_listed_and_ended(terminal):
    terminal.run("users", "create", "ann", "--password-stdin", stdin="correct horse")
    for _ in range(6):
        terminal.signs_in("ann", "wrong")
    [listed] = terminal.json("users", "list")
    assert listed["locked_until"] is not None
    assert not terminal.signs_in("ann", "correct horse")

    assert terminal.run("users", "unlock", "ann") == 0
    assert terminal.signs_in("ann", "correct horse")


def test_a_deleted_user_is_gone(terminal):
    terminal.run("users", "create", "ann")

    assert terminal.run("users", "delete", "ann") == 0
    assert terminal.json("users", "list") == []


@pytest.mark.parametrize("command", ["delete", "unlock", "set-password"])
def test_a_user_who_does_not_exist_is_refused(terminal, command):
    assert terminal.run("users", command, "bob") == 1
    assert "counterfoil users list" in terminal.err


# ---------------------------------------------------------------- keys


def test_a_key_is_a_token_that_is_shown_once(terminal):
    created = terminal.json("keys", "create", "erp", "--resource", "Magento_Sales::invoice")

    assert sorted(created) == ["name", "token"]
    identity = terminal.identify(created["token"])
    assert (identity.kind, identity.name) == ("integration", "erp")
    assert identity.resources == {"Magento_Sales::invoice"}
    terminal.run("keys", "list")
    assert "erp" in terminal.out
    assert created["token"] not in terminal.out
    [listed] = terminal.json("keys", "list")
    assert (listed["dialect"], listed["resources"]) == ("adobe", ["Magento_Sales::invoice"])


def test_a_key_for_people_is_printed_in_words(terminal):
    assert terminal.run("keys", "create", "erp", "--dialect", "adobe", "--role", "operator") == 0
    token = terminal.out.split("Token: ")[1].split("\n")[0]

    assert terminal.identify(token).name == "erp"


def test_a_revoked_key_is_a_guest_and_its_name_is_free(terminal):
    token = terminal.json("keys", "create", "erp")["token"]
    assert terminal.run("keys", "create", "erp") == 1
    assert "counterfoil keys revoke erp" in terminal.err

    assert terminal.json("keys", "revoke", "erp") == {"name": "erp", "revoked": True}

    assert terminal.identify(token).kind == "guest"
    assert terminal.run("keys", "revoke", "erp") == 1
    assert "counterfoil keys list" in terminal.err
    assert terminal.json("keys", "create", "erp")["token"] != token


def test_a_key_that_signs_has_four_parts_and_its_token_is_a_bearer_token_too(terminal, tmp_path):
    created = terminal.json("keys", "create", "erp", "--oauth", "--role", "viewer")

    parts = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    assert sorted(created) == sorted(["name", "token", *parts])
    assert created["token"] == created["access_token"]
    assert {len(created[part]) for part in parts} == {32}
    assert terminal.identify(created["access_token"]).name == "erp"
    assert (tmp_path / "books.db.oauth-key").stat().st_mode & 0o777 == 0o600
    terminal.run("keys", "list")
    [listed] = terminal.json("keys", "list")
    assert listed["consumer_key"] == created["consumer_key"]
    for secret in (created["consumer_secret"], created["access_token"], created["access_token_secret"]):
        assert secret not in terminal.out + json.dumps(listed)

    terminal.run("keys", "revoke", "erp")
    assert terminal.identify(created["access_token"]).kind == "guest"


def test_the_parts_of_a_key_that_signs_are_printed_in_words(terminal):
    assert terminal.run("keys", "create", "erp", "--dialect", "adobe", "--oauth") == 0
    for part in ("Consumer key: ", "Consumer secret: ", "Access token: ", "Access token secret: "):
        assert len(terminal.out.split(part)[1].split("\n")[0].strip()) == 32


def test_a_wrong_call_makes_no_key_file(terminal, tmp_path):
    assert terminal.run("keys", "create", "e rp", "--oauth") == 2
    assert terminal.run("keys", "create", "erp", "--oauth", "--role", "janitor") == 2
    assert not (tmp_path / "books.db.oauth-key").exists()


def test_a_lost_key_file_is_explained(terminal, tmp_path):
    other = str(tmp_path / "elsewhere" / "key")
    terminal.json("keys", "create", "erp", "--oauth")

    assert terminal.run("keys", "create", "wms", "--oauth", "--oauth-key-file", other) == 1
    assert f"{other} is not the OAuth key file that these keys were made with: erp." in terminal.err
    assert terminal.run("keys", "create", "wms", "--oauth", "--oauth-key-file", str(tmp_path)) == 1
    assert "cannot be used" in terminal.err
    assert [key["name"] for key in terminal.json("keys", "list")] == ["erp"]


def test_an_app_key_and_its_token_are_shown_once_and_open_the_other_dialect_only(terminal):
    created = terminal.json("keys", "create", "oms", "--dialect", "vtex", "--role", "operator")

    assert sorted(created) == ["appKey", "appToken", "name"]
    identity = terminal.app(created["appKey"], created["appToken"])
    assert (identity.kind, identity.name, identity.role) == ("app", "oms", "operator")
    assert terminal.identify(created["appToken"]).kind == "guest"
    terminal.run("keys", "list")
    [listed] = terminal.json("keys", "list")
    assert (listed["dialect"], listed["role"], listed["appKey"]) == ("vtex", "operator", created["appKey"])
    assert created["appToken"] not in terminal.out + json.dumps(listed)


def test_an_app_key_for_people_is_printed_in_words(terminal):
    assert terminal.run("keys", "create", "oms", "--dialect", "vtex", "--resource", "Notify invoice") == 0
    app_key, app_token = (
        terminal.out.split(f"{part}:")[1].split("\n")[0].strip() for part in ("App key", "App token")
    )

    assert "Notify invoice" in terminal.out
    assert terminal.app(app_key, app_token).resources == {"Notify invoice"}


def test_a_revoked_app_key_is_nobodys_and_its_name_is_free(terminal):
    old = terminal.json("keys", "create", "oms", "--dialect", "vtex")
    for dialect in ("vtex", "adobe"):  # a name has one key, whatever it speaks
        assert terminal.run("keys", "create", "oms", "--dialect", dialect) == 1
        assert "counterfoil keys revoke oms" in terminal.err

    terminal.run("keys", "revoke", "oms")
    new = terminal.json("keys", "create", "oms", "--dialect", "vtex")

    assert terminal.app(old["appKey"], old["appToken"]) is None
    assert terminal.app(new["appKey"], new["appToken"]).role == "owner"


# ---------------------------------------------------------------- tasks


def give_up(url: str) -> str:
    """Write a task that has failed, and return its id."""

    async def write() -> str:
        async with open_ledger(url) as ledger:
            (task,) = await want(ledger, 1, order_id=12)
            failed = "UPDATE task SET state = 'failed', finished_ms = 1, last_error = 'no luck' WHERE id = ?"
            await execute_sql(ledger, failed, (task.id,))
            return task.id

    return asyncio.run(write())


def test_what_failed_is_listed_and_tried_again(terminal):
    task_id = give_up(terminal.url)
    assert terminal.run("tasks", "list") == 0
    assert task_id in terminal.out
    assert "no luck" in terminal.out
    assert terminal.json("tasks", "retry", task_id) == {"retried": [task_id]}
    assert [task["id"] for task in terminal.json("tasks", "list", "--state", "open")] == [task_id]
    assert terminal.run("tasks", "retry", task_id) == 1
    assert "counterfoil tasks list" in terminal.err


def test_all_that_failed_is_tried_again_at_once(terminal):
    failed = sorted(give_up(terminal.url) for _ in range(2))
    assert terminal.json("tasks", "retry", "--all") == {"retried": failed}
    assert terminal.json("tasks", "list") == []


# ---------------------------------------------------------------- how it is called


@pytest.mark.parametrize(
    "arguments,says",
    [
        (["nosuch"], "serve, migrate, users"),
        (["--nosuch"], "--nosuch"),
        (["users", "nosuch"], "counterfoil users --help"),
        (["users", "create"], "counterfoil users create --help"),
        (["users", "create", "ann", "--nosuch"], "--nosuch"),
        (["users", "create", "a b"], "letters, digits"),
        (["users", "create", "ann", "--role", "janitor"], "administrator, operator, viewer"),
        (["users", "create", "ann", "--resource", "invoice"], "Magento_Sales::invoice"),
        (["users", "create", "ann", "--role", "viewer", "--resource", "Magento_Sales::ship"], "not both"),
        (["users", "create", "ann", "--password-stdin"], "at least 7"),
        (["users", "list", "--database-url", "mysql://x"], "sqlite:///"),
        (["keys", "create", "erp", "--dialect", "soap"], "vtex"),
        (["keys", "create", "oms", "--dialect", "vtex", "--role", "administrator"], "owner"),
        (["keys", "create", "oms", "--dialect", "vtex", "--resource", "Magento_Sales::ship"], "View order"),
        (["keys", "create", "oms", "--dialect", "vtex", "--oauth"], "app token"),
        (
            ["keys", "create", "oms", "--dialect", "vtex", "--role", "viewer", "--resource", "View order"],
            "not both",
        ),
        (["keys", "create", "erp", "--role", "owner"], "administrator"),
        (["keys", "create", "e\nrp"], "letters, digits"),
        (["tasks", "retry"], "--all"),
        (["tasks", "list", "--limit", "0"], "between 1 and"),
    ],
)
def test_a_wrong_call_is_explained_and_changes_nothing(terminal, arguments, says):
    assert terminal.run(*arguments) == 2
    assert says in terminal.err
    assert terminal.out == ""
    assert terminal.json("users", "list") == terminal.json("keys", "list") == []


def test_the_flag_beats_the_environment(terminal, tmp_path):
    other = f"sqlite:///{tmp_path}/other.db"
    terminal.run("users", "create", "ann", "--database-url", other)

    assert terminal.json("users", "list") == []
    assert [user["name"] for user in terminal.json("users", "list", "--database-url", other)] == ["ann"]


def test_a_database_that_does_not_answer_is_said_so(terminal):
    assert terminal.run("users", "list", "--database-url", "postgresql://127.0.0.1:1/nosuch") == 1
    assert "not available" in terminal.err
    assert "--database-url" in terminal.err


@pytest.mark.parametrize(
    "command",
    [["users", name] for name in ("create", "list", "delete", "set-password", "unlock")]
    + [["keys", name] for name in ("create", "list", "revoke")]
    + [["tasks", name] for name in ("list", "retry")],
)
def test_help_shows_an_example(terminal, command):
    assert terminal.run(*command, "--help") == 0
    assert f"  counterfoil {' '.join(command)}" in terminal.out


def test_help_lists_every_command(terminal):
    assert terminal.run("--help") == 0
    assert all(name in terminal.out for name in cli.COMMANDS)
    assert terminal.run("--version") == 0


def test_help_loads_no_database_no_server_and_no_password_hashing():
    script = (
        "import sys; from counterfoil import cli; cli.run(['--help']);"
        "print(sorted({'apsw', 'argon2', 'psycopg', 'uvicorn'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_the_program_ends_with_the_status_of_its_command():
    program = Path(sys.executable).with_name("counterfoil")
    done = subprocess.run([program, "nosuch"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "There is no command" in done.stderr


def test_a_bug_is_not_hidden(monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "application", lambda: lambda *args, **kwargs: broken())
    with pytest.raises(ZeroDivisionError):
        cli.run(["users", "list"])


def test_the_doctor_makes_no_database_of_a_mistyped_path(tmp_path, capsys):
    path = tmp_path / "mistyped.db"
    assert cli.run(["doctor", "--database-url", f"sqlite:///{path}"]) == 1
    assert f"There is no database at {path}" in capsys.readouterr().err
    assert not path.exists()


def test_serve_wants_a_database_that_lasts(capsys):
    assert cli.run(["serve", "--database-url", "sqlite://"]) == 2
    assert "--database-url sqlite:///PATH" in capsys.readouterr().err


def test_nobody_else_can_read_the_database(tmp_path):
    path = tmp_path / "books.db"
    assert cli.run(["migrate", "--database-url", f"sqlite:///{path}"]) == 0
    assert {file.name: oct(file.stat().st_mode & 0o077) for file in tmp_path.iterdir()} == {"books.db": "0o0"}
