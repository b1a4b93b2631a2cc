"""Sample catalog: a few resources, as discovery lists them."""

from clusters.discovery import Resource
from dashboard.address.links import Links

VERBS = frozenset({"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"})


def build_resource(group, version, plural, kind, *, namespaced=True, verbs=VERBS):
    return Resource(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        namespaced=namespaced,
        verbs=frozenset(verbs),
        singular=kind.lower(),
        short_names=(),
        categories=(),
        subresources=(),
        preferred=True,
        stale=False,
    )


PODS = build_resource("", "v1", "pods", "Pod")
NODES = build_resource("", "v1", "nodes", "Node", namespaced=False)
NAMESPACES = build_resource("", "v1", "namespaces", "Namespace", namespaced=False)
RESOURCES = (
    PODS,
    NODES,
    NAMESPACES,
    build_resource("", "v1", "services", "Service"),
    build_resource("", "v1", "secrets", "Secret"),
    build_resource("apps", "v1", "deployments", "Deployment"),
    build_resource("apps", "v1", "replicasets", "ReplicaSet"),
)


class SampleCatalog:
    """The part of a catalog that Links uses."""

    resources = RESOURCES

    def kind(self, group, kind):
        return next((one for one in RESOURCES if (one.group, one.kind) == (group, kind)), None)

    def find(self, slug):
        return next((one for one in RESOURCES if one.slug == slug), None)


LINKS = Links("prod", SampleCatalog())  # type: ignore[arg-type]
