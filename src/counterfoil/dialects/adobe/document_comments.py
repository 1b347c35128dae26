"""Remarks on documents: an invoice's, a shipment's or a credit memo's (contract adobe §3.1, §11)."""

from collections.abc import Sequence
from typing import Any

from counterfoil.dialects.adobe import search
from counterfoil.dialects.adobe.call import REPLAYED, Call, Reply
from counterfoil.dialects.adobe.errors import no_entity, required
from counterfoil.dialects.adobe.refusals import accepted
from counterfoil.dialects.adobe.sales_routes import needed_id
from counterfoil.dialects.adobe.search import Criteria
from counterfoil.dialects.adobe.wire import INT, MIXED, STRING, DataObject
from counterfoil.domain.comment import CommentDocument, CommentDraft, Document
from counterfoil.domain.documents import Comment
from counterfoil.ledger.searching import Filter, Search


def comment_type(name: str) -> DataObject:
    """Return the type of a remark as it is stored, under the platform's name for it."""
    return DataObject(
        name,
        {
            "is_customer_notified": INT,
            "parent_id": INT,
            "comment": STRING,
            "is_visible_on_front": INT,
            "created_at": STRING,
            "entity_id": INT,
            "extension_attributes": MIXED,
        },
    )


def draft_of(entity: dict[str, Any]) -> CommentDraft:
    """Return the remark that a decoded entity describes. Raises `AdobeError` 400 without a text."""
    if entity.get("comment") is None:
        raise required("comment")
    return CommentDraft(
        entity["comment"], bool(entity.get("is_customer_notified")), bool(entity.get("is_visible_on_front"))
    )


async def store(call: Call, document: Document, entity: dict[str, Any]) -> Reply:
    """Store the remark ``entity`` on the document that its ``parent_id`` names, and answer it."""
    missing = [name for name in ("parent_id", "comment") if entity.get(name) is None]
    if missing:
        raise required(*missing)
    parent_id = needed_id(entity["parent_id"])
    async with call.shop.ledger.reading() as reader:
        order_id = await reader.order_of(document, parent_id)
    if order_id is None:
        raise no_entity()
    draft = draft_of(entity)
    outcome = await call.shop.ledger.execute(
        order_id,
        CommentDocument(document, parent_id, draft),
        actor=call.actor,
        key=call.key,
        expected_version=call.expected_version,
    )
    done = accepted(outcome)
    stored = {
        "is_customer_notified": int(draft.is_customer_notified),
        "parent_id": parent_id,
        "comment": draft.comment,
        "is_visible_on_front": int(draft.is_visible_on_front),
        "entity_id": done.effect.document_id,
    }
    return Reply(stored, headers=REPLAYED if done.replayed else ())


async def listed(call: Call, document: Document, document_id: int) -> Reply:
    """Answer the remarks on a document in the form of a search for them."""
    async with call.shop.ledger.reading() as reader:
        comments = await reader.comments(document, document_id)
    return found_below(document_id, [comment_document(document_id, comment) for comment in comments])


def found_below(parent_id: int, documents: Sequence[dict[str, Any]]) -> Reply:
    """Answer documents as if they had been searched for by their ``parent_id``."""
    condition = {"field": "parent_id", "value": str(parent_id), "condition_type": "eq"}
    found = Criteria(
        Search(groups=((Filter("parent_id", "eq", str(parent_id)),),)),
        {"filter_groups": [{"filters": [condition]}]},
    )
    return Reply(search.envelope(documents, found, len(documents)))


def comment_document(document_id: int, comment: Comment) -> dict[str, Any]:
    """Return a remark on a document as its JSON object."""
    return {
        "is_customer_notified": int(comment.is_customer_notified),
        "parent_id": document_id,
        "comment": comment.comment,
        "is_visible_on_front": int(comment.is_visible_on_front),
        "created_at": comment.created_at,
        "entity_id": comment.entity_id,
    }
