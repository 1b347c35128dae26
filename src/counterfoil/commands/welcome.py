"""What `serve` prints when it is ready: where it is, who may sign in, and what to try."""

from counterfoil.access.first_admin import GeneratedPassword
from counterfoil.config import Settings, without_password
from counterfoil.demo import DemoOrder
from counterfoil.dialects.vtex.order_id import derived

_SCENARIO = """
Two partial invoices at the same moment. Paste this into another terminal:

  TOKEN=$(curl -s {url}/rest/V1/integration/admin/token -H 'Content-Type: application/json' \\
    -d '{{"username":"{user}","password":"{password}"}}' | tr -d '"')

  for item in {items}; do curl -s {url}/rest/V1/order/{order}/invoice \\
    -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"items":[{{"order_item_id":'$item',"qty":1}}]}}' & done; wait; echo

See the books: both variations invoiced, shipping on one invoice, numbers in a row.

  curl -s -g -H "Authorization: Bearer $TOKEN" "{url}/rest/V1/orders/{order}\\
?fields=status,grand_total,total_invoiced,items[sku,product_type,qty_ordered,qty_invoiced]"; echo

  curl -s -g -H "Authorization: Bearer $TOKEN" "{url}/rest/V1/invoices\\
?searchCriteria[filter_groups][0][filters][0][field]=order_id\\
&searchCriteria[filter_groups][0][filters][0][value]={order}\\
&fields=items[increment_id,grand_total,shipping_amount]"; echo

A Change and an invoice at the same moment, of which one is refused, as VTEX has them:

  vtex() {{ curl -s -g -H "VtexIdclientAutCookie: $TOKEN" -H 'Content-Type: application/json' "$@"; echo; }}

  vtex -X PATCH {url}/api/order-system/orders/{handled}/changes \\
    -d '{{"reason":"one mug less","remove":{{"items":[{{"id":"DEMO-MUG","quantity":1}}]}}}}' &
  vtex {url}/api/orders/pvt/document/{handled}/invoices \\
    -d '{{"type":"Output","issuedDate":"2026-11-20","invoiceNumber":"NF/1",
    "invoiceValue":6995,"items":[]}}'; wait

  vtex {url}/api/oms/pvt/orders/{handled} | grep -oE '"(status|value)":("[a-z-]+"|[0-9]+)' | head -2
"""


def welcome(settings: Settings, password: GeneratedPassword | None, demo_order: DemoOrder | None) -> str:
    """Return the text. The password is part of it only at the first start, which made it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    lines = [
        f"Counterfoil serves {without_password(settings.database_url)}",
        f"Address:  {url}  (Adobe Commerce: {url}/rest/V1/…, VTEX: {url}/api/…, health: {url}/health)",
    ]
    if password is not None:
        lines.append(f"Admin:    {password.username}")
        lines.append(f"Password: {password.password}   (shown only this once)")
    user = password.username if password else settings.admin_user or "admin"
    text = "\n".join(lines)
    if demo_order is None:
        return f"{text}\nStop with Ctrl-C.\n"
    scenario = _SCENARIO.format(
        url=url,
        user=user,
        password=password.password if password else "YOUR-PASSWORD",
        order=demo_order.order_id,
        items=" ".join(map(str, demo_order.item_ids)),
        handled=derived(demo_order.handled_id),
    )
    return f"{text}\n{scenario}\nStop with Ctrl-C.\n"
