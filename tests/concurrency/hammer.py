"""A crowd on one order, in a process of its own so that it does not hold up who measures.

Called with PORT TOKEN ORDER ITEM CLIENTS SECONDS, it invoices one unit again and again, and prints how
many answers of each status it got, as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter

from tests.shop import invoice_body, invoice_path
from tests.wire import request


async def client(port: int, sent: bytes, until: float, statuses: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        await reader.readexactly(length)
        statuses[int(head.split(" ")[1])] += 1
    writer.close()


async def main(port: int, token: str, order_id: int, item_id: int, clients: int, seconds: float) -> None:
    sent = request("POST", invoice_path(order_id), invoice_body([(item_id, 1)]), token=token)
    statuses: Counter[int] = Counter()
    until = time.monotonic() + seconds
    await asyncio.gather(*(client(port, sent, until, statuses) for _ in range(clients)))
    print(json.dumps(statuses))


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(main(int(words[0]), words[1], int(words[2]), int(words[3]), int(words[4]), float(words[5])))
