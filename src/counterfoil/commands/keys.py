"""``counterfoil keys``: the tokens of programs."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from counterfoil.access import integration
from counterfoil.access.integration import KeyFileLost, OAuthCredentials
from counterfoil.access.oauth_secrets import KeyFileUnusable
from counterfoil.access.user import NameInUse, NameMalformed, NameUnknown
from counterfoil.commands.answer import CommandRefused, UsageError, books, key_file, say, say_json, say_table
from counterfoil.commands.grants import read_grant, shown
from counterfoil.commands.options import AsJson, DatabaseUrl, OAuthKeyFile, ResourceNames, RoleName

Name = Annotated[str, Parameter(help="What the program is called; the journal shows it.")]
Dialect = Annotated[
    Literal["adobe"],
    Parameter(name="--dialect", help="The language that the program speaks; adobe gives a bearer token."),
]

Oauth = Annotated[
    bool,
    Parameter(
        name="--oauth",
        negative=(),
        show_default=False,
        help="Also give what is needed to sign requests: OAuth 1.0a with HMAC-SHA256.",
    ),
]

Created = str | OAuthCredentials | NameMalformed | NameInUse | KeyFileUnusable | KeyFileLost

app = App(name="keys", help="Create, list and revoke the tokens of programs.", help_epilogue="")


@app.command(
    help_epilogue="""Examples:
  counterfoil keys create erp
  counterfoil keys create monitor --role viewer
  TOKEN=$(counterfoil keys create wms --resource Magento_Sales::ship --json | jq -r .token)
  counterfoil keys create shop --oauth
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/rest/V1/orders/1
"""
)
async def create(
    name: Name,
    /,
    *,
    dialect: Dialect = "adobe",
    role: RoleName = None,
    resource: ResourceNames = None,
    oauth: Oauth = False,
    oauth_key_file: OAuthKeyFile = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a token that is good until it is revoked. It is shown once."""
    granted = read_grant(role, resource or [])
    async with books(database_url) as ledger:
        if oauth:
            file = key_file(database_url, oauth_key_file)
            created: Created = await integration.create_oauth(
                ledger, name=name, dialect=dialect, grant=granted, key_file=file
            )
        else:
            created = await integration.create(ledger, name=name, dialect=dialect, grant=granted)
    match created:
        case NameMalformed():
            raise UsageError(
                f'"{name}" cannot be a name. Use 1 to 100 letters, digits and . _ @ + - '
                "and begin with a letter or a digit."
            )
        case NameInUse():
            raise CommandRefused(
                f'There is a key "{name}" already. Choose another name, or revoke that one first: '
                f"counterfoil keys revoke {name}"
            )
        case KeyFileUnusable(path, reason):
            raise CommandRefused(
                f"The OAuth key file {path} cannot be used: {reason}. Look at --oauth-key-file."
            )
        case KeyFileLost(path, names):
            raise CommandRefused(
                f"{path} is not the OAuth key file that these keys were made with: {', '.join(names)}. "
                "Put that file back, or revoke those keys."
            )
        case OAuthCredentials():
            _say_credentials(name, shown(granted), created, as_json=as_json)
        case str():
            if as_json:
                say_json({"name": name, "token": created})
            else:
                say(f'Created key "{name}" ({shown(granted)}).')
                say(f"Token: {created}\nIt is shown this once and cannot be read again.")


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
                "oauth" if found.integration.consumer_key else "bearer",
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

    A running service refuses signed requests at once, and the bare token within 5 seconds.
    """
    async with books(database_url) as ledger:
        refusal = await integration.revoke(ledger, name=name)
    if isinstance(refusal, NameUnknown):
        raise CommandRefused(f'There is no key "{name}". See which there are: counterfoil keys list')
    if as_json:
        say_json({"name": name, "revoked": True})
    else:
        say(f'Revoked key "{name}".')


def _say_credentials(name: str, may: str, created: OAuthCredentials, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "name": name,
                "token": created.access_token,
                "consumer_key": created.consumer_key,
                "consumer_secret": created.consumer_secret,
                "access_token": created.access_token,
                "access_token_secret": created.access_token_secret,
            }
        )
        return
    say(f'Created key "{name}" ({may}).')
    say(f"Consumer key:        {created.consumer_key}")
    say(f"Consumer secret:     {created.consumer_secret}")
    say(f"Access token:        {created.access_token}")
    say(f"Access token secret: {created.access_token_secret}")
    say("They are shown this once and cannot be read again. The access token is also a bearer token.")
