"""Namespace form: a Namespace with its labels, quota and default requests, and who works in it, as one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.metadata_terms import check_label_value, check_qualified_name
from clusters.api.paths import is_dns_label
from clusters.quick_edits.quantities import parse_quantity
from dashboard.create.form_fields import PAIRS_HINT, PLAIN, FieldGroup, ShortForm, make_area, parse_pairs

RBAC = "rbac.authorization.k8s.io"
POD_SECURITY = "pod-security.kubernetes.io"
LEVELS = ("privileged", "baseline", "restricted")
LEVEL_CHOICES = [("", gettext_lazy("not set")), *((one, one) for one in LEVELS)]
# the ClusterRoles of every cluster that are meant for namespaces
ROLE_CHOICES = [*((one, one) for one in ("view", "edit", "admin")), ("", gettext_lazy("another"))]
MOST_SUBJECTS = 100  # of one kind
LONGEST_SUBJECT = 500
LONGEST_QUANTITY = 40
# the name of a field, and the resource that it limits
QUOTA = {
    "quota_requests_cpu": "requests.cpu",
    "quota_requests_memory": "requests.memory",
    "quota_limits_cpu": "limits.cpu",
    "quota_limits_memory": "limits.memory",
    "quota_pods": "pods",
}
DEFAULTS = {
    "default_request_cpu": ("defaultRequest", "cpu"),
    "default_request_memory": ("defaultRequest", "memory"),
    "default_limit_cpu": ("default", "cpu"),
    "default_limit_memory": ("default", "memory"),
}


class QuantityField(forms.CharField):
    """A quantity of the Kubernetes API that is not negative, such as 500m or 2Gi; empty is none."""

    def __init__(self, label: Any, example: str) -> None:
        widget = forms.TextInput({**PLAIN, "placeholder": _("e.g. %(example)s") % {"example": example}})
        super().__init__(label=label, required=False, max_length=LONGEST_QUANTITY, widget=widget)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text:
            check_quantity(text)
        return text


class NamespaceForm(ShortForm):
    """A Namespace, and if they are filled in, a ResourceQuota, a LimitRange and a RoleBinding in it."""

    labels = make_area(gettext_lazy("Labels"), 3, required=False, help_text=PAIRS_HINT)
    enforce = forms.ChoiceField(
        label=gettext_lazy("Refuse pods beyond"), required=False, choices=LEVEL_CHOICES
    )
    warn = forms.ChoiceField(label=gettext_lazy("Warn of pods beyond"), required=False, choices=LEVEL_CHOICES)
    quota_requests_cpu = QuantityField(gettext_lazy("CPU requests"), "4")
    quota_requests_memory = QuantityField(gettext_lazy("Memory requests"), "8Gi")
    quota_limits_cpu = QuantityField(gettext_lazy("CPU limits"), "8")
    quota_limits_memory = QuantityField(gettext_lazy("Memory limits"), "16Gi")
    quota_pods = QuantityField(gettext_lazy("Pods"), "50")
    quota_more = make_area(
        gettext_lazy("Other limits"),
        2,
        required=False,
        help_text=gettext_lazy("One a line, such as persistentvolumeclaims=10 or count/jobs.batch=20."),
    )
    default_request_cpu = QuantityField(gettext_lazy("CPU request"), "100m")
    default_request_memory = QuantityField(gettext_lazy("Memory request"), "128Mi")
    default_limit_cpu = QuantityField(gettext_lazy("CPU limit"), "500m")
    default_limit_memory = QuantityField(gettext_lazy("Memory limit"), "512Mi")
    role = forms.ChoiceField(
        label=gettext_lazy("ClusterRole"), required=False, choices=ROLE_CHOICES, initial="edit"
    )
    other_role = forms.CharField(
        label=gettext_lazy("Another ClusterRole"),
        required=False,
        max_length=253,
        widget=forms.TextInput(attrs=PLAIN),
    )
    groups_of_team = make_area(
        gettext_lazy("Groups"), 3, required=False, help_text=gettext_lazy("One a line.")
    )
    users_of_team = make_area(gettext_lazy("Users"), 3, required=False, help_text=gettext_lazy("One a line."))

    def groups(self) -> Sequence[FieldGroup]:
        return [
            FieldGroup("", self._list_fields("name", "labels")),
            FieldGroup(
                gettext_lazy("Pod Security"),
                self._list_fields("enforce", "warn"),
                gettext_lazy("The Pod Security Standards, as labels that the API server enforces."),
            ),
            FieldGroup(
                gettext_lazy("Quota"),
                self._list_fields(*QUOTA, "quota_more"),
                gettext_lazy(
                    "What all pods of the namespace use together. With a quota of CPU or memory, a pod that names "
                    "none is refused unless there are defaults."
                ),
            ),
            FieldGroup(gettext_lazy("Defaults of a container"), self._list_fields(*DEFAULTS)),
            FieldGroup(
                gettext_lazy("Team"),
                self._list_fields("role", "other_role", "groups_of_team", "users_of_team"),
                gettext_lazy(
                    "Groups and users as the cluster knows them. They get this role in the namespace."
                ),
            ),
        ]

    def _list_fields(self, *names: str) -> Sequence[forms.BoundField]:
        return [self[name] for name in names]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_dns_label(name):
            message = _("“%(name)s” is no name of a namespace: use lowercase letters, digits and hyphens.")
            raise ValidationError(message % {"name": name[:100]})
        return name

    def clean_labels(self) -> dict[str, str]:
        labels = parse_pairs(self.cleaned_data["labels"])
        for key, value in labels.items():
            problem = check_qualified_name(key) or check_label_value(value)
            if problem:
                words = {"label": f"{key}={value}"[:100], "problem": problem}
                raise ValidationError(_("“%(label)s” is no label: %(problem)s") % words)
        return labels

    def clean_quota_more(self) -> dict[str, str]:
        limits = parse_pairs(self.cleaned_data["quota_more"])
        for key, value in limits.items():
            if key in QUOTA.values():
                raise ValidationError(_("%(key)s has a field of its own.") % {"key": key})
            if problem := check_qualified_name(key):
                raise ValidationError(
                    _("“%(key)s” is no resource: %(problem)s") % {"key": key[:100], "problem": problem}
                )
            check_quantity(value)
        return limits

    def clean_groups_of_team(self) -> Sequence[str]:
        return _parse_subjects(self.cleaned_data["groups_of_team"])

    def clean_users_of_team(self) -> Sequence[str]:
        return _parse_subjects(self.cleaned_data["users_of_team"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_labels(cleaned)
        self._check_defaults(cleaned)
        has_subjects = bool(cleaned.get("groups_of_team") or cleaned.get("users_of_team"))
        other = cleaned.get("other_role", "")
        if cleaned.get("role") and other:
            self.add_error("other_role", _("Choose “another” to give this role, or leave this empty."))
        elif has_subjects and not cleaned.get("role") and not other and "other_role" not in self.errors:
            self.add_error("other_role", _("Name the role that the team gets."))
        elif other and not has_subjects:
            self.add_error("groups_of_team", _("Name who gets the role: at least one group or user."))
        return cleaned

    def _check_labels(self, cleaned: Mapping[str, Any]) -> None:
        for name in ("enforce", "warn"):
            key = f"{POD_SECURITY}/{name}"
            if cleaned.get(name) and key in cleaned.get("labels", {}):
                self.add_error("labels", _("%(key)s has a field of its own.") % {"key": key})

    def _check_defaults(self, cleaned: Mapping[str, Any]) -> None:
        """The API server refuses a request above the limit, in words that name no field of this form."""
        for what in ("cpu", "memory"):
            request = parse_quantity(cleaned.get(f"default_request_{what}", ""))
            limit = parse_quantity(cleaned.get(f"default_limit_{what}", ""))
            if request is not None and limit is not None and request > limit:
                self.add_error(f"default_request_{what}", _("The request is above the limit."))

    def build_all(self, namespace: str) -> Sequence[dict[str, Any]]:
        name = self.cleaned_data["name"]
        parts = (self._build_quota(name), self._build_defaults(name), self._build_binding(name))
        return [self.build(name), *(one for one in parts if one)]

    def build(self, namespace: str) -> dict[str, Any]:
        values = self.cleaned_data
        security = {f"{POD_SECURITY}/{one}": values[one] for one in ("enforce", "warn") if values[one]}
        labels = {**values["labels"], **security}
        metadata = {"name": values["name"], **({"labels": labels} if labels else {})}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def _build_quota(self, namespace: str) -> dict[str, Any]:
        own = {resource: self.cleaned_data[name] for name, resource in QUOTA.items()}
        hard = {key: value for key, value in {**own, **self.cleaned_data["quota_more"]}.items() if value}
        if not hard:
            return {}
        return _start("v1", "ResourceQuota", namespace, "quota") | {"spec": {"hard": hard}}

    def _build_defaults(self, namespace: str) -> dict[str, Any]:
        limit: dict[str, Any] = {"type": "Container"}
        for name, (part, what) in DEFAULTS.items():
            if self.cleaned_data[name]:
                limit.setdefault(part, {})[what] = self.cleaned_data[name]
        if len(limit) == 1:
            return {}
        return _start("v1", "LimitRange", namespace, "defaults") | {"spec": {"limits": [limit]}}

    def _build_binding(self, namespace: str) -> dict[str, Any]:
        values = self.cleaned_data
        subjects = [
            *_build_subjects("Group", values["groups_of_team"]),
            *_build_subjects("User", values["users_of_team"]),
        ]
        if not subjects:
            return {}
        role = values["role"] or values["other_role"]
        whole = _start(f"{RBAC}/v1", "RoleBinding", namespace, f"team-{role}")
        return whole | {
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": subjects,
        }


def check_quantity(text: str) -> None:
    """Raises ValidationError for what is no quantity, or a negative one."""
    number = parse_quantity(text)
    if number is None or number < 0:
        message = _("“%(text)s” is no quantity: write 4, 500m or 2Gi.")
        raise ValidationError(message % {"text": text[:LONGEST_QUANTITY]})


def _start(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def _build_subjects(kind: str, names: Iterable[str]) -> Sequence[dict[str, Any]]:
    return [{"apiGroup": RBAC, "kind": kind, "name": name} for name in names]


def _parse_subjects(text: str) -> Sequence[str]:
    """Raises ValidationError."""
    names = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(names) > MOST_SUBJECTS:
        raise ValidationError(
            _("These are %(n)d. Name at most %(limit)d.") % {"n": len(names), "limit": MOST_SUBJECTS}
        )
    for name in names:
        if len(name) > LONGEST_SUBJECT:
            raise ValidationError(_("“%(name)s…” is longer than 500 characters.") % {"name": name[:40]})
    return names
