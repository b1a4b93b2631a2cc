"""CustomResourceDefinitions and APIServices: versions, instances, and who serves them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, mappings, text, texts
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import CLUSTER, MenuSlot
from dashboard.kinds.references import Pick, Reference
from dashboard.kinds.summary import Cell, KindSummary, make_summary_fields, table
from dashboard.kinds.tones import StatusTones


def summarize_definition(found: KubernetesObject, links: Links) -> KindSummary:
    """Its names and versions."""
    columns = [_("Version"), _("Served"), _("Stored"), _("Deprecated")]
    rows = [
        [Cell(text(one, "name")), *(Cell(text(one, field)) for field in ("served", "storage", "deprecated"))]
        for one in mappings(found, "spec", "versions")
    ]
    return KindSummary(
        make_summary_fields(
            (_("Group"), text(found, "spec", "group")),
            (_("Kind"), text(found, "spec", "names", "kind")),
            (_("Scope"), text(found, "spec", "scope")),
            (_("Short names"), ", ".join(texts(found, "spec", "names", "shortNames"))),
        ),
        table("versions", _("Versions"), columns, rows),
    )


def pick_instances(found: KubernetesObject) -> Iterator[Pick]:
    """All objects of the kind that it defines."""
    kind = text(found, "spec", "names", "kind")
    yield Pick(_("Instances"), text(found, "spec", "group"), kind, is_live=True)


def find_api_service_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Service of an aggregated API; none for what the API server serves itself."""
    if name := text(found, "spec", "service", "name"):
        yield Reference(_("Service"), "", "Service", name, text(found, "spec", "service", "namespace"))


KINDS = (
    Kind(
        group="apiextensions.k8s.io",
        kind="CustomResourceDefinition",
        plural="customresourcedefinitions",
        label=gettext_lazy("CustomResourceDefinitions"),
        menu=MenuSlot(CLUSTER, 30),
        summarize=summarize_definition,
        find_picks=pick_instances,
        tones=StatusTones(conditions={"NonStructuralSchema": "bad"}),
    ),
    Kind(
        group="apiregistration.k8s.io",
        kind="APIService",
        plural="apiservices",
        find_references=find_api_service_references,
    ),
)
