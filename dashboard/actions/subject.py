"""Subject: the object that an action is about, as its confirm page sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import ActionObject
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession
from dashboard.address.paths import Address
from dashboard.kinds.fields import text
from dashboard.objects.opening import OpenObject


@dataclass(frozen=True)
class Subject:
    """An open object whose content is there. `found` is masked."""

    opened: OpenObject
    found: Mapping[str, Any]

    @property
    def address(self) -> Address:
        return self.opened.address

    @property
    def cluster_session(self) -> ClusterSession:
        return self.opened.cluster_session

    @property
    def resource(self) -> Resource:
        return self.opened.resource

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def namespace(self) -> str:
        """Empty where the kind has none."""
        return self.address.namespace

    @property
    def uid(self) -> str:
        return text(self.found, "metadata", "uid")

    @property
    def thing(self) -> ActionObject:
        """What an action's change is made of."""
        return ActionObject(self.resource, self.namespace, self.name, self.uid)

    @property
    def is_protected(self) -> bool:
        """Whether it is in a cluster that is marked as protected."""
        return bool(self.cluster_session.cluster.protected)

    @property
    def key(self) -> tuple[str, str]:
        """Group and plural of its kind."""
        return self.resource.group, self.resource.plural
