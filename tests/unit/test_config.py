"""Settings that cannot work are refused at the start, by name."""

import pytest

from counterfoil.config import (
    InvalidConfiguration,
    SmtpServer,
    from_environment,
    mail_sender,
    order_statuses,
    scaled_money,
    smtp_server,
    sqlite_path,
    stores,
)


@pytest.mark.parametrize(
    "name, value",
    [
        ("port", 70_000),
        ("workers", 0),
        ("workers", 2),
        ("max_batch", 0),
        ("wait_s", -1),
        ("log_level", "loud"),
        ("base_url", "shop.example.com"),
        ("default_country", "usa"),
        ("currency", "dollars"),
        ("flat_rate", "five"),
        ("flat_rate_per", "kilo"),
        ("free_shipping_from", "-1"),
        ("payment_methods", "checkmo,shells"),
        ("payment_methods", ","),
        ("order_statuses", "picking"),
        ("order_statuses", "picking=nosuch"),
        ("order_statuses", "Picking=processing"),
        ("order_statuses", "picking=new,picking=processing"),
        ("order_statuses", "complete=processing"),
        ("stores", "default"),
        ("stores", "default=1,de=1"),
        ("stores", "de=2"),
        ("stores", "default=1,V1=2"),
        ("stores", "default=1,all=2"),
        ("stores", "default=99999999999999999999"),
        ("database_url", "sqlite://x"),
        ("database_url", "mysql://localhost/shop"),
        ("database_url", "sqlite:///var/"),
        ("mail_from", "nobody"),
        ("mail_from", "A <a@b.c>\nBcc: all@b.c"),
        ("confirm_orders", "maybe"),
        ("hook_http", "true"),
        ("hook_private", "true"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(name, value):
    with pytest.raises(InvalidConfiguration) as refused:
        from_environment(**{name: value})
    assert f"--{name.replace('_', '-')}" in str(refused.value)


def test_flags_go_before_variables_and_variables_before_defaults(monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_PORT", "9000")
    monkeypatch.setenv("COUNTERFOIL_CURRENCY", "EUR")
    settings = from_environment(port=9001)
    assert (settings.port, settings.currency, settings.host) == (9001, "EUR", "127.0.0.1")


def test_a_variable_that_is_no_number_is_refused_by_its_name(monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_WORKERS", "many")
    with pytest.raises(InvalidConfiguration, match="COUNTERFOIL_WORKERS must be a whole number"):
        from_environment()


def test_a_password_in_the_url_is_not_repeated():
    with pytest.raises(InvalidConfiguration) as refused:
        from_environment(database_url="mysql://ann:secret@localhost/shop")
    assert "secret" not in str(refused.value)


def test_values_are_read():
    assert stores("default=1, de=2") == {"default": 1, "de": 2}
    assert order_statuses("picking=processing, packed=processing,waiting=new") == {
        "processing": {"picking", "packed"},
        "new": {"waiting"},
    }
    assert order_statuses("") == {}
    assert scaled_money("flat_rate", "4.95") == 49_500
    assert sqlite_path("sqlite:////srv/books.db") == "/srv/books.db"
    assert sqlite_path("postgresql://localhost/books") is None


@pytest.mark.parametrize(
    "url, server",
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, False, None, None)),
        ("smtps://ann:p%40ss%3A@mail.example.com", ("mail.example.com", 465, True, "ann", "p@ss:")),
        ("smtp://[::1]:2525", ("::1", 2525, False, None, None)),
    ],
)
def test_the_url_of_a_mail_server_is_read(url, server):
    assert smtp_server(url) == SmtpServer(*server)


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://x", "smtp://", "smtp://ann@x", "smtp://x:99999", "smtp://x/y"]
)
def test_a_mail_server_that_cannot_be_is_refused_without_its_password(url, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_SMTP_URL", url.replace("//x", "//ann:s3cret@x"))
    monkeypatch.setenv("COUNTERFOIL_MAIL_FROM", "a@b.c")
    if url != "smtp://ann@x":
        with pytest.raises(InvalidConfiguration, match="COUNTERFOIL_SMTP_URL") as refused:
            from_environment()
        assert "s3cret" not in str(refused.value)
    with pytest.raises(InvalidConfiguration):
        smtp_server(url)


def test_with_a_mail_server_it_has_to_be_said_whom_messages_are_from(monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_SMTP_URL", "smtp://localhost")
    with pytest.raises(InvalidConfiguration, match="--mail-from"):
        from_environment()
    monkeypatch.setenv("COUNTERFOIL_MAIL_FROM", "The Shop <shop@example.com>")
    assert mail_sender(from_environment().mail_from) == ("The Shop", "shop@example.com")
