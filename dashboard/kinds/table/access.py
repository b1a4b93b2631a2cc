"""ServiceAccounts, roles and role bindings: rules and subjects as tables."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.api.selectors import build_field_selector
from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, namespace_of, text, texts
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import ACCESS_CONTROL, MenuSlot
from dashboard.kinds.references import Pick, Reference
from dashboard.kinds.summary import Cell, KindSummary, SummaryField, make_summary_fields, table

RBAC = "rbac.authorization.k8s.io"


def summarize_role(found: KubernetesObject, links: Links) -> KindSummary:
    """One row for each rule."""
    columns = [_("Verbs"), _("Resources"), _("API groups"), _("Names")]
    rows = [
        [
            Cell(values=texts(one, "verbs")),
            Cell(values=[*texts(one, "resources"), *texts(one, "nonResourceURLs")]),
            Cell(values=[group or _("core") for group in texts(one, "apiGroups")]),
            Cell(values=texts(one, "resourceNames")),
        ]
        for one in mappings(found, "rules")
    ]
    aggregated = _("Yes") if mapping(found, "aggregationRule") else ""
    return KindSummary(
        make_summary_fields((_("Rules"), len(rows)), (_("Aggregated"), aggregated)),
        table("rules", _("Rules"), columns, rows),
    )


def summarize_binding(found: KubernetesObject, links: Links) -> KindSummary:
    """The role, and who gets it."""
    home, target = namespace_of(found), mapping(found, "roleRef")
    kind, name = text(target, "kind"), text(target, "name")
    rows = []
    for one in mappings(found, "subjects"):
        group, namespace = text(one, "apiGroup"), text(one, "namespace")
        url = links.object(group, text(one, "kind"), text(one, "name"), namespace)
        rows.append([Cell(text(one, "kind")), Cell(text(one, "name"), url=url), Cell(namespace)])
    url = links.object(text(target, "apiGroup"), kind, name, home)
    return KindSummary(
        [SummaryField(_("Role"), f"{kind} {name}", url=url)],
        table("subjects", _("Subjects"), [_("Kind"), _("Name"), _("Namespace")], rows),
    )


def find_binding_references(found: KubernetesObject) -> Iterator[Reference]:
    """The role, and who gets it; users and groups are names, not objects."""
    role = mapping(found, "roleRef")
    group, kind = text(role, "apiGroup") or RBAC, text(role, "kind")
    yield Reference(_("Role"), group, kind, text(role, "name"), namespace_of(found))
    for subject in mappings(found, "subjects"):
        kind, name = text(subject, "kind"), text(subject, "name")
        yield Reference(_("Subjects"), text(subject, "apiGroup"), kind, name, text(subject, "namespace"))


def find_account_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Secrets of a ServiceAccount."""
    for entry in mappings(found, "secrets"):
        yield Reference(_("Secrets"), "", "Secret", text(entry, "name"), namespace_of(found))
    for entry in mappings(found, "imagePullSecrets"):
        yield Reference(_("Image pull Secrets"), "", "Secret", text(entry, "name"), namespace_of(found))


def pick_account_lists(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods that run as a ServiceAccount."""
    fields = build_field_selector({"spec.serviceAccountName": name_of(found)})
    yield Pick(_("Pods"), "", "Pod", namespace_of(found), fields=fields, is_live=True)


KINDS = (
    Kind(
        group="",
        kind="ServiceAccount",
        plural="serviceaccounts",
        label=gettext_lazy("ServiceAccounts"),
        menu=MenuSlot(ACCESS_CONTROL, 10),
        find_references=find_account_references,
        find_picks=pick_account_lists,
    ),
    Kind(
        group=RBAC,
        kind="Role",
        plural="roles",
        label=gettext_lazy("Roles"),
        menu=MenuSlot(ACCESS_CONTROL, 20),
        summarize=summarize_role,
    ),
    Kind(
        group=RBAC,
        kind="RoleBinding",
        plural="rolebindings",
        label=gettext_lazy("RoleBindings"),
        menu=MenuSlot(ACCESS_CONTROL, 30, goto="r"),
        summarize=summarize_binding,
        find_references=find_binding_references,
    ),
    Kind(
        group=RBAC,
        kind="ClusterRole",
        plural="clusterroles",
        label=gettext_lazy("ClusterRoles"),
        menu=MenuSlot(ACCESS_CONTROL, 40),
        summarize=summarize_role,
    ),
    Kind(
        group=RBAC,
        kind="ClusterRoleBinding",
        plural="clusterrolebindings",
        label=gettext_lazy("ClusterRoleBindings"),
        menu=MenuSlot(ACCESS_CONTROL, 50),
        summarize=summarize_binding,
        find_references=find_binding_references,
    ),
)
