"""``counterfoil keys``: the tokens of programs."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from counterfoil.access import integration
from counterfoil.access.user import NameInUse, NameMalformed, NameUnknown
from counterfoil.commands.answer import CommandRefused, UsageError, books, say, say_json, say_table
from counterfoil.commands.grants import read_grant, shown
from counterfoil.commands.options import AsJson, DatabaseUrl, ResourceNames, RoleName

Name = Annotated[str, Parameter(help="What the program is called; the journal shows it.")]
Dialect = Annotated[
    Literal["adobe"],
    Parameter(name="--dialect", help="The language that the program speaks; adobe gives a bearer token."),
]

app = App(name="keys", help="Create, list and revoke the tokens of programs.", help_epilogue="")


@app.command(
    help_epilogue="""Examples:
  counterfoil keys create erp
  counterfoil keys create monitor --role viewer
  TOKEN=$(counterfoil keys create wms --resource Magento_Sales::ship --json | jq -r .token)
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
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a token that is good until it is revoked. It is shown once."""
    granted = read_grant(role, resource or [])
    async with books(database_url) as ledger:
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
        case str():
            if as_json:
                say_json({"name": name, "token": created})
            else:
                say(f'Created key "{name}" ({shown(granted)}).')
                say(f"Token: {created}\nIt is shown this once and cannot be read again.")


@app.command(name="list", help_epilogue="Example:\n  counterfoil keys list --json")
async def list_keys(*, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """List the keys and what each may do. Tokens are not shown: they are stored nowhere."""
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
                shown(found.integration.grant),
                found.integration.created_at,
            )
            for found in listed
        ]
        say_table(("NAME", "DIALECT", "MAY", "CREATED (UTC)"), rows)
    else:
        say("There are no keys yet. Create one: counterfoil keys create NAME")


@app.command(help_epilogue="Example:\n  counterfoil keys revoke erp")
async def revoke(name: Name, /, *, as_json: AsJson = False, database_url: DatabaseUrl = None) -> None:
    """Revoke a token for good. A running service refuses it within 5 seconds."""
    async with books(database_url) as ledger:
        refusal = await integration.revoke(ledger, name=name)
    if isinstance(refusal, NameUnknown):
        raise CommandRefused(f'There is no key "{name}". See which there are: counterfoil keys list')
    if as_json:
        say_json({"name": name, "revoked": True})
    else:
        say(f'Revoked key "{name}".')
