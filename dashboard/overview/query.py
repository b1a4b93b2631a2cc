"""Overview query: filter terms, sort order and label to group by, from the URL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

SORTS = ("severity", "name")
LONGEST = 200  # characters of the filter and of a label's key that are looked at


@dataclass(frozen=True)
class OverviewQuery:
    """`q` are words that must all be in a row, `sort` one of SORTS, `group` the key of a label or nothing."""

    q: str = ""
    sort: str = "severity"
    group: str = ""

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(self.q.lower().split())[:20]

    def url(self, **other: str) -> str:
        """The page with this query, or with parts of it changed; what is at its default is left out."""
        parts = {"q": self.q, "sort": self.sort, "group": self.group, **other}
        pairs = [(key, value) for key, value in parts.items() if value and (key, value) != ("sort", SORTS[0])]
        return reverse("home") + (f"?{urlencode(pairs)}" if pairs else "")


def read_query(query: QueryDict) -> OverviewQuery:
    """What is out of bounds falls back to what is usual."""
    sort = query.get("sort", "")
    return OverviewQuery(
        query.get("q", "")[:LONGEST].strip(),
        sort if sort in SORTS else SORTS[0],
        query.get("group", "")[:LONGEST].strip(),
    )
