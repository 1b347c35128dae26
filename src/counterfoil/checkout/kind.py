"""Documents as they stand in the records store: one struct per kind, encoded as JSON.

A document knows the id and the version under which it was read, so that a changed copy can be
written back and the store notices when somebody else was faster.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from counterfoil.ledger.faults import Conflict
from counterfoil.ledger.ports import NameTaken, Record, Records, WritableRecords
from counterfoil.ledger.searching import Search


class Document(Struct, frozen=True, kw_only=True):
    """A document with its place in the store. Both are 0 as long as it has not been stored."""

    id: int = 0
    version: int = 0


D = TypeVar("D", bound=Document)


class Kind(Generic[D]):
    """One kind of documents: its name in the store and the struct that its bodies hold."""

    def __init__(
        self,
        name: str,
        document: type[D],
        *,
        name_of: Callable[[D], str | None] = lambda _: None,
        owner_of: Callable[[D], str | None] = lambda _: None,
    ) -> None:
        """Describe a kind.

        Args:
            name: what the store calls it.
            document: the struct that its bodies hold.
            name_of: gives the unique name that a document is stored under; None for none.
            owner_of: gives whom a document belongs to.
        """
        self.name = name
        self._name_of = name_of
        self._owner_of = owner_of
        self._decode = msgspec.json.Decoder(document).decode

    def read(self, record: Record) -> D:
        """Return the document that ``record`` holds."""
        return msgspec.structs.replace(self._decode(record.body), id=record.id, version=record.version)

    async def get(self, records: Records, document_id: int, *, lock: bool = False) -> D | None:
        """Return the document of that id, locked until the transaction ends if ``lock``."""
        record = await records.get(self.name, document_id, lock=lock)
        return None if record is None else self.read(record)

    async def named(self, records: Records, name: str, *, lock: bool = False) -> D | None:
        """Return the document of that unique name."""
        record = await records.named(self.name, name, lock=lock)
        return None if record is None else self.read(record)

    async def many(self, records: Records, ids: Sequence[int], *, lock: bool = False) -> dict[int, D]:
        """Return the documents that exist, by id, in the order of ``ids``."""
        found = await records.many(self.name, ids, lock=lock)
        return {document_id: self.read(found[document_id]) for document_id in ids if document_id in found}

    async def owned(self, records: Records, owner: str, *, limit: int = 1000) -> list[D]:
        """Return the documents of one owner in id order."""
        return [self.read(record) for record in await records.owned(self.name, owner, limit=limit)]

    async def search(
        self, records: Records, fields: Mapping[str, str], search: Search
    ) -> tuple[list[D], int]:
        """Return one page of documents and the total count (see `Records.search`)."""
        found, total_count = await records.search(self.name, fields, search)
        return [self.read(record) for record in found], total_count

    async def insert(
        self, records: WritableRecords, document: D, *, name: str | None = None, owner: str | None = None
    ) -> D:
        """Store a new document and return it with its id. Raises `NameTaken`.

        ``name`` and ``owner``, where given, stand in for what the kind knows to make of the document.
        """
        name = self._name_of(document) if name is None else name
        owner = self._owner_of(document) if owner is None else owner
        document_id = await records.insert(self.name, msgspec.json.encode(document), name=name, owner=owner)
        return msgspec.structs.replace(document, id=document_id, version=1)

    async def update(
        self, records: WritableRecords, document: D, *, name: str | None = None, owner: str | None = None
    ) -> D:
        """Write a changed document back, with its name and owner as they shall be from now on.

        Raises `Conflict` if it has been written since it was read, or if its new name has just been given
        to another document: on the next attempt whoever asks for that name first will see it.
        """
        name = self._name_of(document) if name is None else name
        owner = self._owner_of(document) if owner is None else owner
        body = msgspec.json.encode(document)
        try:
            await records.update(Record(self.name, document.id, name, owner, document.version, body))
        except NameTaken:
            raise Conflict from None
        return msgspec.structs.replace(document, version=document.version + 1)
