"""Links: URLs of objects and lists in one cluster, resolved by API discovery."""

from __future__ import annotations

from dataclasses import dataclass

from clusters.api.paths import is_dns_label
from clusters.discovery import Catalog, Resource
from dashboard.address.paths import address, is_object_name


@dataclass(frozen=True)
class Links:
    """URLs in one cluster. What is not served there, or cannot be a name, has the empty URL."""

    cluster: str
    catalog: Catalog

    def resource(self, group: str, kind: str) -> Resource | None:
        """The served resource of a kind in a group."""
        return self.catalog.kind(group, kind)

    def object(self, group: str, kind: str, name: str, namespace: str = "") -> str:
        """The page of one object."""
        found = self.resource(group, kind)
        if found is None or not is_object_name(name) or (found.namespaced and not is_dns_label(namespace)):
            return ""
        return address(
            self.cluster, found.slug, namespace=namespace, namespaced=found.namespaced, name=name
        ).url()

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = "") -> str:
        """The list of a kind, narrowed by selectors; for a namespaced kind no namespace means all."""
        found = self.resource(group, kind)
        if found is None or (namespace and not is_dns_label(namespace)):
            return ""
        target = address(self.cluster, found.slug, namespace=namespace, namespaced=found.namespaced)
        return target.with_query(("selector", labels), ("fields", fields)).url()
