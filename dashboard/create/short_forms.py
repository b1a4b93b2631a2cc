"""Short forms: a few fields for the kinds that are created most, each of which becomes the text of the create page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from dashboard.address.paths import MAX_NAME
from dashboard.create.form_fields import PAIRS_HINT, PLAIN, ShortForm, make_area, parse_pairs
from dashboard.create.namespace_form import NamespaceForm


class ConfigMapForm(ShortForm):
    entries = make_area(gettext_lazy("Entries"), 8, required=False, help_text=PAIRS_HINT)

    def clean_entries(self) -> dict[str, str]:
        return parse_pairs(self.cleaned_data["entries"])

    def build(self, namespace: str) -> dict[str, Any]:
        return {**_start("ConfigMap", self, namespace), "data": self.cleaned_data["entries"]}


class SecretForm(ConfigMapForm):
    def build(self, namespace: str) -> dict[str, Any]:
        whole = _start("Secret", self, namespace)
        return {**whole, "type": "Opaque", "stringData": self.cleaned_data["entries"]}


class TlsForm(ShortForm):
    certificate = make_area(gettext_lazy("Certificate chain (PEM)"), 6)
    key = make_area(gettext_lazy("Private key (PEM)"), 6)

    def build(self, namespace: str) -> dict[str, Any]:
        values = {"tls.crt": self.cleaned_data["certificate"], "tls.key": self.cleaned_data["key"]}
        encoded = {key: _encode(value.replace("\r\n", "\n")) for key, value in values.items()}
        return {**_start("Secret", self, namespace), "type": "kubernetes.io/tls", "data": encoded}


class RegistryForm(ShortForm):
    server = forms.CharField(
        label=gettext_lazy("Registry"), max_length=500, initial="https://index.docker.io/v1/",
        widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip
    username = forms.CharField(
        label=gettext_lazy("Username"), max_length=500, widget=forms.TextInput(attrs=PLAIN)
    )
    password = forms.CharField(
        label=gettext_lazy("Password or token"),
        max_length=8000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def build(self, namespace: str) -> dict[str, Any]:
        username, password = self.cleaned_data["username"], self.cleaned_data["password"]
        entry = {"username": username, "password": password, "auth": _encode(f"{username}:{password}")}
        config = json.dumps({"auths": {self.cleaned_data["server"]: entry}}, separators=(",", ":"))
        whole = _start("Secret", self, namespace)
        return {
            **whole,
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": _encode(config)},
        }


class ServiceAccountForm(ShortForm):
    def build(self, namespace: str) -> dict[str, Any]:
        return _start("ServiceAccount", self, namespace)


class RoleBindingForm(ShortForm):
    role_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of role"), choices=[("ClusterRole", "ClusterRole"), ("Role", "Role")]
    )
    role = forms.CharField(
        label=gettext_lazy("Role"), max_length=MAX_NAME, widget=forms.TextInput(attrs=PLAIN)
    )
    subject_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of subject"),
        choices=[("User", "User"), ("Group", "Group"), ("ServiceAccount", "ServiceAccount")],
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject"), max_length=500, widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("A ServiceAccount of another namespace is written as namespace:name."),
    )  # fmt: skip

    def build(self, namespace: str) -> dict[str, Any]:
        values, group = self.cleaned_data, "rbac.authorization.k8s.io"
        subject: dict[str, Any] = {"kind": values["subject_kind"], "name": values["subject"]}
        if values["subject_kind"] == "ServiceAccount":
            place, _sign, name = values["subject"].rpartition(":")
            subject = {"kind": "ServiceAccount", "namespace": place or namespace, "name": name}
        else:
            subject["apiGroup"] = group
        role = {"apiGroup": group, "kind": values["role_kind"], "name": values["role"]}
        whole = _start("RoleBinding", self, namespace, f"{group}/v1")
        return {**whole, "roleRef": role, "subjects": [subject]}


def _start(kind: str, form: ShortForm, namespace: str, api_version: str = "v1") -> dict[str, Any]:
    metadata = {"name": form.cleaned_data["name"], "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _encode(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


@dataclass(frozen=True)
class ShortKind:
    """`slug` is the last segment of the page's URL, `resource` what has to be permitted to use the form."""

    slug: str
    title: Promise | str
    form: type[ShortForm]
    resource: str


SHORT_KINDS = (
    ShortKind("namespace", "Namespace", NamespaceForm, "namespaces"),
    ShortKind("configmap", "ConfigMap", ConfigMapForm, "configmaps"),
    ShortKind("secret", gettext_lazy("Secret"), SecretForm, "secrets"),
    ShortKind("tls-secret", gettext_lazy("TLS Secret"), TlsForm, "secrets"),
    ShortKind("registry-secret", gettext_lazy("Registry Secret"), RegistryForm, "secrets"),
    ShortKind("serviceaccount", "ServiceAccount", ServiceAccountForm, "serviceaccounts"),
    ShortKind("rolebinding", "RoleBinding", RoleBindingForm, "rolebindings.rbac.authorization.k8s.io"),
)
BY_SLUG: Mapping[str, ShortKind] = {one.slug: one for one in SHORT_KINDS}
