"""``counterfoil keys``: the tokens of programs."""

from typing import Annotated, Literal, assert_never

from cyclopts import App, Parameter

from counterfoil.access import integration
from counterfoil.access.app_key import AppCredentials
from counterfoil.access.integration import Integration, KeyFileLost, OAuthCredentials
from counterfoil.access.oauth_secrets import KeyFileUnusable
from counterfoil.access.user import NameInUse, NameMalformed, NameUnknown
from counterfoil.commands.answer import CommandRefused, UsageError, books, key_file, say, say_json, say_table
from counterfoil.commands.grants import read_app_grant, read_grant, shown
from counterfoil.commands.options import AsJson, DatabaseUrl, OAuthKeyFile
from counterfoil.delivery import subscriptions

Name = Annotated[str, Parameter(help="What the program is called; the journal shows it.")]
Dialect = Annotated[
    Literal["adobe", "vtex"],
    Parameter(
        name="--dialect",
        help="The language that the program speaks: adobe gives a bearer token, vtex an app key and an app "
        "token.",
    ),
]
KeyRole = Annotated[
    str | None,
    Parameter(
        name="--role",
        help="adobe: administrator (everything), operator (no taxes and price rules) or viewer (looks, "
        "changes nothing). vtex: owner (everything), operator (orders, feeds and hooks; no new orders, no "
        "settings) or viewer. Without a role and without resources: administrator, or owner.",
    ),
]
KeyResources = Annotated[
    list[str] | None,
    Parameter(
        name="--resource",
        negative=(),
        help="Instead of a role: a resource of the dialect's own list, for example Magento_Sales::invoice, "
        "or for vtex Notify invoice. May be repeated.",
    ),
]

Oauth = Annotated[
    bool,
    Parameter(
        name="--oauth",
        negative=(),
        show_default=False,
        help="Also give what is needed to sign requests: OAuth 1.0a with HMAC-SHA256. Not for vtex.",
    ),
]

Refusal = NameMalformed | NameInUse | KeyFileUnusable | KeyFileLost
Created = str | OAuthCredentials | AppCredentials

app = App(name="keys", help="Create, list and revoke the tokens of programs.", help_epilogue="")


@app.command(
    help_epilogue="""Examples:
  counterfoil keys create erp
  counterfoil keys create monitor --role viewer
  TOKEN=$(counterfoil keys create wms --resource Magento_Sales::ship --json | jq -r .token)
  counterfoil keys create shop --oauth
  counterfoil keys create oms --dialect vtex --role operator --json
  counterfoil keys create biller --dialect vtex --resource "Notify invoice"
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/rest/V1/orders/1
"""
)
async def create(
    name: Name,
    /,
    *,
    dialect: Dialect = "adobe",
    role: KeyRole = None,
    resource: KeyResources = None,
    oauth: Oauth = False,
    oauth_key_file: OAuthKeyFile = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a token that is good until it is revoked. It is shown once, and a name has one."""
    if dialect == "vtex" and oauth:
        raise UsageError("Signing with --oauth is for --dialect adobe. vtex has an app key and an app token.")
    read = read_app_grant if dialect == "vtex" else read_grant
    granted = read(role, resource or [])
    async with books(database_url) as ledger:
        if dialect == "vtex":
            created: Created | Refusal = await integration.create_app(ledger, name=name, grant=granted)
        elif oauth:
            file = key_file(database_url, oauth_key_file)
            created = await integration.create_oauth(
                ledger, name=name, dialect=dialect, grant=granted, key_file=file
            )
        else:
            created = await integration.create(ledger, name=name, dialect=dialect, grant=granted)
    if isinstance(created, Refusal):
        raise _refused(created)
    values, words = _shown_once(created)
    if as_json:
        say_json({"name": name, **values})
    else:
        say(f'Created key "{name}" ({shown(granted)}).')
        say(words)


def _refused(refusal: Refusal) -> CommandRefused | UsageError:
    match refusal:
        case NameMalformed(name):
            return UsageError(
                f'"{name}" cannot be a name. Use 1 to 100 letters, digits and . _ @ + - '
                "and begin with a letter or a digit."
            )
        case NameInUse(name):
            return CommandRefused(
                f'There is a key "{name}" already. Choose another name, or revoke that one first: '
                f"counterfoil keys revoke {name}"
            )
        case KeyFileUnusable(path, reason):
            return CommandRefused(
                f"The OAuth key file {path} cannot be used: {reason}. Look at --oauth-key-file."
            )
        case KeyFileLost(path, names):
            return CommandRefused(
                f"{path} is not the OAuth key file that these keys were made with: {', '.join(names)}. "
                "Put that file back, or revoke those keys."
            )
        case _:
            assert_never(refusal)


def _shown_once(created: Created) -> tuple[dict[str, str], str]:
    """Return what a program needs to show who it is, for scripts and for people."""
    match created:
        case AppCredentials(app_key, app_token):
            return {"appKey": app_key, "appToken": app_token}, (
                f"App key:   {app_key}\nApp token: {app_token}\n"
                "The token is shown this once and cannot be read again. Send both as X-VTEX-API-AppKey and "
                "X-VTEX-API-AppToken."
            )
        case OAuthCredentials():
            values = {
                "token": created.access_token,
                "consumer_key": created.consumer_key,
                "consumer_secret": created.consumer_secret,
                "access_token": created.access_token,
                "access_token_secret": created.access_token_secret,
            }
            return values, (
                f"Consumer key:        {created.consumer_key}\n"
                f"Consumer secret:     {created.consumer_secret}\n"
                f"Access token:        {created.access_token}\n"
                f"Access token secret: {created.access_token_secret}\n"
                "They are shown this once and cannot be read again. The access token is also a bearer token."
            )
        case str():
            return {"token": created}, f"Token: {created}\nIt is shown this once and cannot be read again."
        case _:
            assert_never(created)


@app.command(name="list", help_epilogue="Example:\n  counterfoil keys list --json")
async def list_keys(*, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """List the keys and what each may do. Tokens and secrets are not shown: they are stored nowhere."""
    async with books(database_url) as ledger, ledger.reading() as reader:
        listed = await integration.listed(reader.records)
    if as_json:
        say_json(
            [
                {
                    "id": found.id,
                    "name": found.name,
                    "dialect": found.integration.dialect,
                    "role": found.integration.grant.role,
                    "resources": found.integration.grant.resources,
                    "consumer_key": found.integration.consumer_key,
                    "appKey": found.integration.app_key,
                    "created_at": found.integration.created_at,
                }
                for found in listed
            ]
        )
    elif listed:
        rows = [
            (
                found.name,
                found.integration.dialect,
                _kind(found.integration),
                shown(found.integration.grant),
                found.integration.created_at,
            )
            for found in listed
        ]
        say_table(("NAME", "DIALECT", "KIND", "MAY", "CREATED (UTC)"), rows)
    else:
        say("There are no keys yet. Create one: counterfoil keys create NAME")


@app.command(help_epilogue="Example:\n  counterfoil keys revoke erp")
async def revoke(name: Name, /, *, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """Revoke a token for good.

    A running service refuses signed requests at once, and bare tokens and app keys within 5 seconds. The feed
    and the hook of an app key end with it.
    """
    async with books(database_url) as ledger:
        refusal = await integration.revoke(ledger, name=name, ending=subscriptions.drop_all)
    if isinstance(refusal, NameUnknown):
        raise CommandRefused(f'There is no key "{name}". See which there are: counterfoil keys list')
    if as_json:
        say_json({"name": name, "revoked": True})
    else:
        say(f'Revoked key "{name}".')


def _kind(program: Integration) -> str:
    """Return how a program shows who it is."""
    if program.app_key:
        return "app key"
    return "oauth" if program.consumer_key else "bearer"
