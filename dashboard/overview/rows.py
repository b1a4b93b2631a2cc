"""Overview rows: what each cluster's row says, sorted and grouped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clusters.counting.snapshot import CountStatus, Reach, Snapshot
from dashboard.clusters.credential_states import ClusterAccess, CredentialStatus
from dashboard.overview.board import Board, BoardCluster, names_of
from dashboard.overview.notices import MissingCounts, find_missing_counts
from dashboard.overview.numbers import Cell, nodes_cell, pods_cell, warnings_cell
from dashboard.overview.permissions import Sentence, sentences
from dashboard.overview.query import OverviewQuery
from dashboard.pieces.notice import Notice
from people.models import User

# How urgent a row is, in the order of the page.
UNAVAILABLE, NEEDS_ATTENTION, HEALTHY, WITHOUT_CREDENTIAL = range(4)
NOTICE_WEIGHTS = {
    "unknown": WITHOUT_CREDENTIAL,
    "warning": NEEDS_ATTENTION,
}  # by the severity of a row's notice
REACH = {
    Reach.CONNECTING: ("progress", _("Connecting…")),
    Reach.REACHABLE: ("ok", _("Reachable")),
    Reach.UNAUTHORIZED: ("error", _("Credential rejected")),
    Reach.FAILING: ("error", _("API server errors")),
    Reach.UNREACHABLE: ("error", _("Unreachable")),
}
EMPTY_SNAPSHOT = Snapshot()
AGE = re.compile(r"(?<=data-age>)[^<]*")


@dataclass(frozen=True)
class Row:
    """One cluster as the template takes it. `since` is empty where the state has no begin worth telling."""

    id: str
    access: ClusterAccess
    active_credential: CredentialStatus
    weight: int
    level: str
    word: str
    since: datetime | None
    version: str
    notice: Notice | None
    nodes: Cell
    pods: Cell
    warnings: Cell
    has_numbers: bool
    answered_at: datetime | None
    permissions: tuple[Sentence, ...]


@dataclass(frozen=True)
class Group:
    """Rows under a label's value; `title` is empty where nothing is grouped."""

    id: str
    title: str
    rows: tuple[Row, ...]


def row_of(board: Board, cluster: BoardCluster) -> Row:
    """What is known now; nothing is asked."""
    snapshot = cluster.counter.snapshot if cluster.counter is not None else EMPTY_SNAPSHOT
    missing = find_missing_counts(board, cluster)
    level, word = REACH[snapshot.reach][0], str(REACH[snapshot.reach][1])
    if missing is not None and missing.word:
        level, word = missing.notice.severity, missing.word
    slug = cluster.slug
    cells = (
        nodes_cell(slug, snapshot.nodes),
        pods_cell(slug, snapshot.pods),
        warnings_cell(slug, snapshot.warnings),
    )
    return Row(
        id=f"cluster-{slug}",
        access=cluster.access,
        active_credential=cluster.active_credential,
        weight=_weight(cluster, snapshot, missing, cells),
        level=level,
        word=word,
        since=snapshot.since
        if cluster.counter is not None and snapshot.reach is not Reach.CONNECTING
        else None,
        version=snapshot.version,
        notice=missing.notice if missing else None,
        nodes=cells[0],
        pods=cells[1],
        warnings=cells[2],
        has_numbers=any(count.value for count in (snapshot.nodes, snapshot.pods, snapshot.warnings)),
        answered_at=snapshot.answered_at,
        permissions=tuple(sentences(snapshot.permissions, cluster.access.role)),
    )


def html_of(row: Row, user: User) -> SafeString:
    """The row by the page's own template."""
    return render_to_string("overview/row.html", {"row": row, "person": user})


def arrange_rows(rows: Sequence[Row], query: OverviewQuery) -> list[Group]:
    """The rows that match the query, in its order, under the values of its label."""
    kept = [row for row in rows if all(word in _text(row) for word in query.terms)]
    if query.sort == "severity":
        kept.sort(key=lambda row: row.weight)  # stable: rows come by name
    if not query.group:
        return [Group("", "", tuple(kept))]
    values: dict[str | None, list[Row]] = {}
    for row in kept:
        values.setdefault(_label(row, query.group), []).append(row)
    ordered = sorted(values, key=lambda value: (value is None, value or ""))
    return [
        Group(_group_id(value), _group_title(query.group, value), tuple(values[value])) for value in ordered
    ]


def group_html(group: Group) -> SafeString:
    """The heading of a group."""
    return render_to_string("overview/group.html", {"group": group})


def window_of(htmls: Iterable[str]) -> str:
    """One word for what the page shows: who shows it already is sent nothing again. Ages go on by themselves."""
    shown = hashlib.sha1(usedforsecurity=False)
    for html in htmls:
        shown.update(AGE.sub("", html).encode())
    return shown.hexdigest()[:16]


def _weight(
    cluster: BoardCluster, snapshot: Snapshot, missing: MissingCounts | None, cells: Sequence[Cell]
) -> int:
    """Warnings alone ask for nothing: every cluster has some."""
    if missing is not None:
        return NOTICE_WEIGHTS.get(missing.notice.severity, UNAVAILABLE)
    counts = (snapshot.nodes, snapshot.pods, snapshot.warnings)
    if cluster.active_credential.word == "expiring" or any(c.status is CountStatus.FAILED for c in counts):
        return NEEDS_ATTENTION
    nodes, pods, _warnings = cells
    worst = {nodes.tone, pods.tone, *(word.tone for word in nodes.words)}
    return NEEDS_ATTENTION if worst & {"error", "warning"} else HEALTHY


def _text(row: Row) -> str:
    """What the filter box looks at."""
    credential = row.active_credential.credential
    identity = credential.identity if credential is not None else ""
    return f"{names_of(row.access)} {row.word} {row.version} {row.access.role} {identity}".lower()


def _label(row: Row, key: str) -> str | None:
    value = row.access.cluster.labels.get(key)
    return None if value is None else str(value)


def _group_id(value: str | None) -> str:
    return "group-none" if value is None else f"group-{crc32(value.encode()):08x}"


def _group_title(key: str, value: str | None) -> str:
    if value is None:
        return str(_("No %(key)s label")) % {"key": key}
    return f"{key}={value}" if value else key
