"""Change: one write that an action makes of an object, ready for the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clusters.api.client import Response
from clusters.api.resource_attributes import ResourceAttributes
from clusters.gateway.connect import ClusterSession

FIELD_MANAGER = "quarterdeck"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Change:
    """What `ClusterSession.write` takes. `attributes` are exactly what the access review is about."""

    attributes: ResourceAttributes
    body: Any
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

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
            self.attributes, body=self.body, query=self.query, content_type=self.content_type
        )


def patch(attributes: ResourceAttributes, body: Mapping[str, Any], content_type: str) -> Change:
    """A patch under our field manager, whose unknown fields are errors."""
    options = (("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict"))
    return Change(attributes, body, options, content_type)
