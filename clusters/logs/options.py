"""Log options: whose logs a view shows, from which moment on, and how many lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clusters.gateway.connect import ClusterSession
from clusters.logs.lines import format_since

MAX_TAIL = 100_000  # lines of one container that a view begins with at most
MAX_STREAMS = 64  # containers that one view follows at once
MAX_PODS = 500  # of one target


@dataclass(frozen=True)
class LogTarget:
    """Pods of one namespace of one cluster: the one with that `name`, or those that the label selector selects.

    With `owner_uid` only those that this object controls, directly or through a ReplicaSet or Job: the pods of
    another workload with the same labels are not among them.
    """

    session: ClusterSession
    namespace: str
    name: str = ""
    selector: str = ""
    owner_uid: str = ""


@dataclass(frozen=True)
class LogOptions:
    """What is read of each container. `containers` are names; all where there are none.

    `since_seconds` is an age; `since` is a timestamp in nanoseconds, for a view that goes on where it was
    interrupted: it repeats at least what came from then on. `tail` is a number of lines, None for MAX_TAIL.
    `until` is a timestamp after which nothing is read. `is_whole`: all that there is, however long.
    """

    containers: tuple[str, ...] = ()
    follow: bool = True
    previous: bool = False
    tail: int | None = 500
    since_seconds: int | None = None
    since: int | None = None
    until: int | None = None
    is_whole: bool = False

    def build_query(self, container: str, *, is_new: bool) -> list[tuple[str, str]]:
        """The query of a first request. Of a container that began while the view was open (`is_new`) all is read."""
        query = [("container", container), ("timestamps", "true")]
        if self.follow:
            query.append(("follow", "true"))
        if self.previous:
            query.append(("previous", "true"))
        if is_new:
            return query
        if self.since is not None:
            query.append(("sinceTime", format_since(self.since)))
        elif self.since_seconds is not None:
            query.append(("sinceSeconds", str(self.since_seconds)))
        if (
            not self.is_whole
        ):  # a kubelet counts the last lines first, and then leaves out those that are too old
            query.append(("tailLines", str(MAX_TAIL if self.tail is None else min(self.tail, MAX_TAIL))))
        return query

    def selects(self, container: str) -> bool:
        return not self.containers or container in self.containers


def build_again_query(
    container: str, since: int, *, follow: bool, previous: bool
) -> Sequence[tuple[str, str]]:
    """The query of a request after a break: all from a second before the last line that was seen."""
    query = [("container", container), ("timestamps", "true"), ("sinceTime", format_since(since))]
    if follow:
        query.append(("follow", "true"))
    if previous:
        query.append(("previous", "true"))
    return query
