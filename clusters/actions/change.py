"""Change: one write that an action makes of an object, ready for the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clusters.api.client import Response
from clusters.api.resource_attributes import ResourceAttributes
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession

FIELD_MANAGER = "quarterdeck"
OPTIONS = (("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict"))  # of every POST and PATCH
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Change:
    """What `ClusterSession.write` takes. `attributes` are exactly what the access review is about, `detail` is what
    the audit trail says of it beyond the names of fields."""

    attributes: ResourceAttributes
    body: Any
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    detail: Mapping[str, str] = field(default_factory=dict)

    def as_dry_run(self) -> Change:
        """The same, checked by the API server with its admission plugins and not stored.

        A DELETE with a body ignores its query: there the option is in the body.
        """
        if self.attributes.verb == "delete":
            return replace(self, body={**self.body, "dryRun": ["All"]})
        return replace(self, query=(*self.query, ("dryRun", "All")))

    def send(self, cluster_session: ClusterSession) -> Response:
        """Send it. Raises what `ClusterSession.write` raises."""
        return cluster_session.write(
            self.attributes,
            body=self.body,
            query=self.query,
            content_type=self.content_type,
            detail=self.detail,
        )


@dataclass(frozen=True)
class ActionObject:
    """The object of an action. A patch holds its `uid`: the API server answers 409 where another one has its name."""

    resource: Resource
    namespace: str
    name: str
    uid: str

    def patch(self, body: Mapping[str, Any], content_type: str = STRATEGIC_PATCH) -> Change:
        """A patch of the object itself, under our field manager; unknown fields are errors."""
        return self._patch(body, content_type, "")

    def patch_subresource(
        self, subresource: str, body: Mapping[str, Any], content_type: str = MERGE_PATCH
    ) -> Change:
        """A patch of one subresource."""
        return self._patch(body, content_type, subresource)

    def _patch(self, body: Mapping[str, Any], content_type: str, subresource: str) -> Change:
        attributes = self.resource.attributes("patch", self.namespace, self.name, subresource)
        metadata = {"uid": self.uid, **body.get("metadata", {})}
        return Change(attributes, {**body, "metadata": metadata}, OPTIONS, content_type)
