"""Template tags linking audit entries to their clusters: name, color and object URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import template

from clusters.api.paths import is_dns_label
from clusters.models import Cluster
from clusters.sharing import visible_clusters
from dashboard.address.paths import address, is_object_name
from people.audit.models import AuditEntry
from people.models import User

register = template.Library()


@dataclass(frozen=True)
class ClusterLink:
    """A cluster for one viewer of the audit trail; `is_open` says whether its pages are open to the viewer."""

    slug: str
    name: str
    color: str
    is_open: bool


@register.simple_tag
def cluster_links(viewer: User) -> dict[int, ClusterLink]:
    """By id: the clusters that the viewer sees, for an auditor all there are, with their colors."""
    visible = {one.pk: one for one in visible_clusters(viewer)}
    known = {one.pk: one for one in Cluster.objects.all()} if viewer.is_auditor else visible
    return {pk: ClusterLink(one.slug, one.name, one.color, pk in visible) for pk, one in known.items()}


@register.filter
def find_cluster_link(links: Mapping[int, ClusterLink], entry: AuditEntry) -> ClusterLink | None:
    """The cluster of a row, found by its id: another one that took over the short name is another one."""
    return links.get(entry.cluster_id) if entry.cluster_id is not None else None


@register.filter
def object_href(link: ClusterLink | None, entry: AuditEntry) -> str:
    """The page of the object, or of its kind where no object is named; empty where the viewer has no such page."""
    resource = f"{entry.resource}.{entry.group}" if entry.group else entry.resource
    if link is None or not link.is_open or not all(is_dns_label(part) for part in resource.split(".")):
        return ""
    if entry.namespace and not is_dns_label(entry.namespace):
        return ""
    if not is_object_name(entry.name):
        return address(link.slug, resource, namespace=entry.namespace).path() if entry.namespace else ""
    is_namespaced = bool(entry.namespace)
    return address(
        link.slug, resource, namespace=entry.namespace, namespaced=is_namespaced, name=entry.name
    ).path()
