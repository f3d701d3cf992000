"""Pages by cursor: what comes after an id, so that a page costs the same wherever it is."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query, Schema
from pydantic import Field

from jigong.portals.api.schemas import Page

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Paging(Schema):
    """``cursor`` is the ``next`` of the page before; take it as it is."""

    cursor: Annotated[
        str | None, Field(pattern=r"^[1-9][0-9]{0,17}$", description="`next` of the page before")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="how many at most")] = 50


Paged = Query[Paging]


def page(rows: QuerySet[M], given: Paging, make: Callable[[Sequence[M]], list[Any]]) -> Page[Any]:
    """The rows after the cursor, in the order of their ids."""
    if given.cursor is not None:
        rows = rows.filter(pk__gt=int(given.cursor))
    found = list(rows.order_by("pk")[: given.limit + 1])
    kept = found[: given.limit]
    return Page(items=make(kept), next=str(kept[-1].pk) if len(found) > given.limit else None)


def page_of_list(rows: Sequence[T], given: Paging) -> Page[Any]:
    """The same of a list: the cursor is a place in it. ``rows`` reach one beyond the page, or to their end."""
    start = int(given.cursor or 0)
    more = len(rows) > start + given.limit
    return Page(
        items=list(rows[start : start + given.limit]), next=str(start + given.limit) if more else None
    )
