"""What is sent to a cluster beyond plain reading? Each deed with its intent in the trail before, its outcome after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from clusters.api.client import Answer, Client
from clusters.api.connection import Connection
from clusters.api.errors import (
    ApiError,
    Forbidden,
    GatewayTimeout,
    NotKubernetes,
    ResponseTooLarge,
    StreamBroken,
    TimedOut,
    Unreachable,
)
from clusters.discovery import Resource
from people.audit.fact import Fact
from people.audit.models import Result
from people.audit.record import Intent, intend

METHODS = {
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
SILENT = (TimedOut, StreamBroken, GatewayTimeout, NotKubernetes)  # it may have been done all the same
FIELDS = 20  # names of changed fields in a row
DEEP = 4  # and how far down in the object
TOLD = ("dryRun", "force", "fieldManager", "propagationPolicy", "gracePeriodSeconds")  # of a query


@dataclass(frozen=True)
class Deed:
    """One verb on one thing, as Kubernetes authorizes it."""

    verb: str
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def path(self) -> str:
        """Of the collection for what is made anew, else of the object or its subresource."""
        of_collection = self.verb == "deletecollection" or (self.verb == "create" and not self.subresource)
        name = "" if of_collection else self.name
        return self.resource.path(self.namespace, name, self.subresource)

    def by(self, who: Fact) -> Fact:
        return replace(
            who,
            verb=self.verb,
            group=self.resource.group,
            version=self.resource.version,
            resource=self.resource.plural,
            subresource=self.subresource,
            namespace=self.namespace if self.resource.namespaced else "",
            name=self.name,
            detail=self.detail,
        )


class Opening:
    """A deed under way: `with` or `async with` it. Entering raises TrailUnavailable where it cannot be announced.

    `client` may send what was announced. Say `answered` when the API server has accepted it: what lasts (a log, a
    shell) has then taken place, however it ends. Without that an ApiError tells how it failed, and all else leaves it
    unknown.
    """

    def __init__(self, connection: Connection, fact: Fact) -> None:
        self.connection = replace(
            connection, refused=None
        )  # a refusal is this deed's outcome, and no further row
        self.client = Client(self.connection)
        self._fact = fact
        self._intent: Intent | None = None
        self._answered: tuple[int, str] | None = None

    def answered(self, status: int, audit_id: str = "") -> None:
        self._answered = (status, audit_id)

    def __enter__(self) -> Self:
        self._intent = intend(self._fact)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._intent is None:
            return
        reason = _reason(error)
        if self._answered is not None:
            status, audit_id = self._answered
            self._intent.close(Result.OK, status, reason, audit_id)
        elif isinstance(error, ApiError):
            self._intent.close(result_of(error), error.status or None, reason, error.audit_id)
        else:
            self._intent.close(Result.UNKNOWN if error else Result.OK, None, reason)

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.to_thread(self.__exit__, kind, error, trace))


def send(opening: Opening, deed: Deed, body: Any, query: Sequence[tuple[str, str]], **how: Any) -> Answer:
    """The deed as one call; `how` goes to `Client.request`. Raises TrailUnavailable, and then nothing was sent."""
    with opening:
        method = METHODS[deed.verb]
        answer = opening.client.request(method, deed.path(), query=query, body=body, **how)
        if "json" not in answer.headers.get("content-type", ""):
            raise NotKubernetes("The response to a change is not JSON.", status=answer.status)
        opening.answered(answer.status, answer.headers.get("audit-id", ""))
    return answer


def result_of(error: ApiError) -> Result:
    """DENIED, FAILED, or UNKNOWN where the API server may have done it all the same."""
    if isinstance(error, Forbidden):
        return Result.DENIED
    if isinstance(error, ResponseTooLarge) and 200 <= error.status < 300:
        return Result.OK  # done, and the answer was more than is taken
    if type(error) is Unreachable or isinstance(error, SILENT):
        return Result.UNKNOWN
    return Result.FAILED


def name_in(body: Any) -> str:
    """The name that an object to be made brings along."""
    metadata = body.get("metadata") if isinstance(body, Mapping) else None
    return (
        str(metadata.get("name") or metadata.get("generateName") or "")
        if isinstance(metadata, Mapping)
        else ""
    )


def detail_of(verb: str, query: Sequence[tuple[str, str]], body: Any, content_type: str) -> dict[str, Any]:
    """Which fields a patch names, and the options that matter; no value of any field."""
    told: dict[str, Any] = {name: value for name, value in query if name in TOLD}
    if verb == "patch":
        told["patch"] = content_type.partition(";")[0].removeprefix("application/")
        told["fields"] = sorted(set(_fields(body)))[:FIELDS]
    return told


def _fields(body: Any, above: str = "", depth: int = 0) -> list[str]:
    """Paths of a merge patch's leaves, or those of a JSON patch's operations."""
    if depth == 0 and isinstance(body, list):
        return [str(one.get("path")) for one in body[:FIELDS] if isinstance(one, Mapping)]
    if not isinstance(body, Mapping) or not body or depth == DEEP:
        return [above] if above else []
    return [
        found
        for key, value in list(body.items())[:FIELDS]
        for found in _fields(value, f"{above}.{key}" if above else str(key), depth + 1)
    ]


def _reason(error: BaseException | None) -> str:
    if isinstance(error, ApiError):
        return str(error)
    return type(error).__name__ if error is not None else ""
