"""Secrets: masked values, revealed one by one in a part of the page of their own."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.actions import SECRET_KEYS
from dashboard.kinds.fields import KubernetesObject, mapping, namespace_of, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import CONFIGURATION, MenuSlot
from dashboard.kinds.references import Reference
from dashboard.kinds.summary import KindSummary, immutable_pair, make_summary_fields


def summarize_secret(found: KubernetesObject, links: Links) -> KindSummary:
    """Its type and how many keys it has."""
    return KindSummary(
        make_summary_fields(
            (_("Type"), text(found, "type")),
            (_("Keys"), len(mapping(found, "data"))),
            *immutable_pair(found),
        )
    )


def find_secret_references(found: KubernetesObject) -> Iterator[Reference]:
    """The ServiceAccount whose token it holds."""
    if name := text(found, "metadata", "annotations", "kubernetes.io/service-account.name"):
        yield Reference(_("ServiceAccount"), "", "ServiceAccount", name, namespace_of(found))


KINDS = (
    Kind(
        group="",
        kind="Secret",
        plural="secrets",
        label=gettext_lazy("Secrets"),
        menu=MenuSlot(CONFIGURATION, 20, goto="x"),
        summarize=summarize_secret,
        find_references=find_secret_references,
        value_fields=("data", "stringData"),
        shown_fields=("data", "type"),
        actions=(SECRET_KEYS,),
    ),
)
