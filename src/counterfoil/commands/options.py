"""Options that several commands share, so that they are called and explained the same everywhere."""

from typing import Annotated

from cyclopts import Parameter

DatabaseUrl = Annotated[
    str | None,
    Parameter(
        name="--database-url",
        help="The database: sqlite:///PATH or postgresql://USER@HOST/NAME. "
        "Default: COUNTERFOIL_DATABASE_URL, or sqlite:///var/counterfoil.db.",
    ),
]

OAuthKeyFile = Annotated[
    str | None,
    Parameter(
        name="--oauth-key-file",
        help="The file with the key that OAuth secrets are made from. Default: COUNTERFOIL_OAUTH_KEY_FILE, "
        "or the SQLite file's name with .oauth-key behind it; with PostgreSQL var/counterfoil.oauth-key.",
    ),
]

MailFrom = Annotated[str | None, Parameter(help="Whom e-mails are from: Shop <orders@example.com>.")]

ConfirmOrders = Annotated[
    str | None, Parameter(help="E-mail whoever has placed an order: yes or no. Default: yes.")
]

AsJson = Annotated[
    bool, Parameter(name="--json", negative=(), show_default=False, help="Answer in JSON, for scripts.")
]

RoleName = Annotated[
    str | None,
    Parameter(
        name="--role",
        help="administrator (everything), operator (no taxes and price rules) or viewer (looks, changes "
        "nothing). Without a role and without resources: administrator.",
    ),
]

ResourceNames = Annotated[
    list[str] | None,
    Parameter(
        name="--resource",
        negative=(),
        help="Instead of a role: a resource of Adobe's access list, for example Magento_Sales::invoice. "
        "May be repeated.",
    ),
]
"""One value for each time that the option is written."""

PasswordFromStdin = Annotated[
    bool,
    Parameter(
        name="--password-stdin",
        negative=(),
        show_default=False,
        help="Read the password from the first line of standard input. Otherwise a random one is made and "
        "shown once.",
    ),
]

FreeShippingFrom = Annotated[
    str | None, Parameter(help="Offer free shipping from this amount of goods on. Default: never.")
]

PaymentWait = Annotated[
    int | None, Parameter(help="How long to wait for money that is on its way. Default: 10 seconds.")
]

GatewayTimeout = Annotated[
    int | None, Parameter(help="How long a payment gateway may take to answer. Default: 10 seconds.")
]

TestGatewayFile = Annotated[
    str | None,
    Parameter(help="Offer the payment method testgateway, which keeps its ledger of money in this file."),
]

PaymentMethods = Annotated[
    str | None,
    Parameter(help="Some of checkmo,banktransfer,purchaseorder,cashondelivery. Default: checkmo."),
]

OrderStatuses = Annotated[
    str | None, Parameter(help="Statuses of your own: picking=processing,packed=processing.")
]

GracePeriod = Annotated[
    int | None, Parameter(help="How long an order can be canceled freely. Default: 1800 seconds.")
]

ChangeWait = Annotated[
    int | None, Parameter(help="How long to wait for a Change of the order. Default: 10 seconds.")
]

HowChangesSettle = Annotated[
    str | None, Parameter(help="How Changes settle: at-once, outside, or a URL to ask. Default: at-once.")
]

SettlementDelay = Annotated[
    int | None, Parameter(help="Let Changes settle only after so many milliseconds, for tests.")
]

HookHttp = Annotated[str | None, Parameter(help="yes: hooks may be told over http, for tests. Default: no.")]

HookPrivate = Annotated[
    str | None, Parameter(help="yes: hooks may be in private networks, for tests. Default: no.")
]

SettlementWithin = Annotated[
    int | None, Parameter(help="Cancel a Change that has not settled by then. Default: 3600 seconds.")
]
