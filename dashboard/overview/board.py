"""Overview board: each cluster of a user with its session and counter."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from clusters.api.connection import Connection
from clusters.counting.counters import Counter, counters
from clusters.gateway.connect import ClusterSession, connect_all
from clusters.namespaces import list_remembered
from dashboard.clusters.credential_states import (
    ClusterAccess,
    CredentialStatus,
    list_cluster_access,
    update_status,
)
from people.models import GlobalRole, User

MAX_CLUSTERS = 100  # clusters on one page
MAX_ADMINISTRATORS = 3  # administrators that are named where only one of them can help
# The API server takes a token for a minute after its end: until then it is asked, and what it says is shown.
EXPIRY_GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class BoardCluster:
    """One cluster; without a session nothing can be requested there, without a counter nothing more is counted here."""

    access: ClusterAccess
    cluster_session: ClusterSession | None = None
    counter: Counter | None = None

    @property
    def active_credential(self) -> CredentialStatus:
        """The credential that is used there, as it stands at this moment."""
        return update_status(self.access.active_credential)

    @property
    def slug(self) -> str:
        return self.access.cluster.slug


class _CounterViews:
    """The counters that one page looks at: left exactly once, also where the page is lost on its way."""

    def __init__(self) -> None:
        self._entries: list[tuple[Counter, Connection]] = []
        self._is_paused = False
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def counters(self) -> list[Counter]:
        return [counter for counter, _connection in self._entries]

    def add(self, connection: Connection, known: list[str]) -> Counter | None:
        """Begin to look at one cluster; None where nothing more can be counted."""
        counter = counters.add_viewer(connection, known)
        if counter is not None:
            self._entries.append((counter, connection))
        return counter

    def pause(self, paused: bool) -> None:
        with self._lock:
            if self._is_closed or paused is self._is_paused:
                return
            self._is_paused = paused
            for counter, connection in self._entries:
                (counters.pause if paused else counters.resume)(counter, connection)

    def close(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            for counter, connection in self._entries:
                (counters.remove_paused_viewer if self._is_paused else counters.remove_viewer)(
                    counter, connection
                )


@dataclass(frozen=True)
class Board:
    """The clusters by name, and how many are hidden beyond the limit; release it with `close`."""

    user: User
    clusters: tuple[BoardCluster, ...]
    hidden_count: int
    administrators: tuple[str, ...]
    counter_views: _CounterViews

    def counters(self) -> list[Counter]:
        return self.counter_views.counters

    def wait(self, seconds: float) -> None:
        """Let first counts come in, for so many seconds; what was counted before is not waited for."""
        until = time.monotonic() + seconds
        for counter in self.counters():
            counter.wait(until - time.monotonic())

    def close(self) -> None:
        self.counter_views.close()

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        self.close()
        for cluster in self.clusters:
            if cluster.cluster_session is not None:
                cluster.cluster_session.forget()
                counters.forget(cluster.cluster_session.connection.fingerprint)


def open_board(user: User, terms: tuple[str, ...] = ()) -> Board:
    """Opens a session for every cluster of the person; nothing is requested here, the counters do that.

    `terms` only matter beyond the limit: the clusters whose names contain them come first.
    """
    found = list_cluster_access(user)
    if len(found) > MAX_CLUSTERS:
        found.sort(key=lambda one: not all(word in names_of(one) for word in terms))
    known, counter_views = list_remembered(user), _CounterViews()
    connected = connect_all(user, [one.cluster.slug for one in found[:MAX_CLUSTERS] if _is_sent(one)])
    sessions = {slug: one for slug, one in connected.items() if isinstance(one, ClusterSession)}
    try:
        clusters = tuple(
            _open_cluster(one, sessions.get(one.cluster.slug), known.get(one.cluster.pk, []), counter_views)
            for one in found[:MAX_CLUSTERS]
        )
        board = Board(user, clusters, max(0, len(found) - MAX_CLUSTERS), administrators(), counter_views)
    except BaseException:
        counter_views.close()
        raise
    weakref.finalize(board, counter_views.close)  # a socket may end before anybody has taken the board
    return board


def names_of(access: ClusterAccess) -> str:
    """What a cluster is found by: its names and its labels."""
    cluster = access.cluster
    labels = " ".join(f"{key}={value}" for key, value in cluster.labels.items())
    return f"{cluster.name} {cluster.slug} {labels}".lower()


def administrators() -> tuple[str, ...]:
    """Whom to ask."""
    people = User.objects.filter(global_role=GlobalRole.ADMINISTRATOR, is_active=True).order_by("pk")
    return tuple(str(one) for one in people[:MAX_ADMINISTRATORS])


def _is_sent(access: ClusterAccess) -> bool:
    """A credential that has ended is not sent any more."""
    ends = access.active_credential.credential.expires_at if access.active_credential.credential else None
    return ends is None or ends + EXPIRY_GRACE > timezone.now()


def _open_cluster(
    access: ClusterAccess,
    cluster_session: ClusterSession | None,
    known: list[str],
    counter_views: _CounterViews,
) -> BoardCluster:
    if cluster_session is None:
        return BoardCluster(access)
    own = [cluster_session.credential.namespace] if cluster_session.credential.namespace else []
    return BoardCluster(
        access, cluster_session, counter_views.add(cluster_session.connection, [*own, *known])
    )
