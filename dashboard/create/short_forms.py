"""Short forms: a few fields for the kinds that are created most, each of which becomes the text of the create page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.paths import MAX_NAME, is_object_name

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
LARGEST = 256 * 1024  # characters of a field
PAIRS_HINT = gettext_lazy("One a line, as key=value.")


class ShortForm(forms.Form):
    """The name that every object has."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs=PLAIN)
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_object_name(name):
            raise ValidationError(_("“%(name)s” is not a valid object name.") % {"name": name})
        return name

    def build(self, namespace: str) -> dict[str, Any]:
        """The object, by the valid fields."""
        raise NotImplementedError


def _make_area(label: Any, rows: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LARGEST,
        strip=False,
        widget=forms.Textarea({**PLAIN, "rows": str(rows)}),
        **options,
    )


def _parse_pairs(text: str) -> dict[str, str]:
    """Raises ValidationError, which names the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        key, sign, value = line.partition("=")
        if not line.strip():
            continue
        if not sign or not key.strip():
            raise ValidationError(_("Line %(n)d is no key=value.") % {"n": number})
        if key.strip() in found:
            raise ValidationError(_("Line %(n)d has a key that stands above already.") % {"n": number})
        found[key.strip()] = value
    return found


class NamespaceForm(ShortForm):
    labels = _make_area(gettext_lazy("Labels"), 3, required=False, help_text=PAIRS_HINT)

    def clean_labels(self) -> dict[str, str]:
        return _parse_pairs(self.cleaned_data["labels"])

    def build(self, namespace: str) -> dict[str, Any]:
        labels = self.cleaned_data["labels"]
        metadata = {"name": self.cleaned_data["name"], **({"labels": labels} if labels else {})}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


class ConfigMapForm(ShortForm):
    entries = _make_area(gettext_lazy("Entries"), 8, required=False, help_text=PAIRS_HINT)

    def clean_entries(self) -> dict[str, str]:
        return _parse_pairs(self.cleaned_data["entries"])

    def build(self, namespace: str) -> dict[str, Any]:
        return {**_start("ConfigMap", self, namespace), "data": self.cleaned_data["entries"]}


class SecretForm(ConfigMapForm):
    def build(self, namespace: str) -> dict[str, Any]:
        whole = _start("Secret", self, namespace)
        return {**whole, "type": "Opaque", "stringData": self.cleaned_data["entries"]}


class TlsForm(ShortForm):
    certificate = _make_area(gettext_lazy("Certificate chain (PEM)"), 6)
    key = _make_area(gettext_lazy("Private key (PEM)"), 6)

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
    """`slug` is the last segment of the page's URL."""

    slug: str
    title: Promise | str
    form: type[ShortForm]


SHORT_KINDS = (
    ShortKind("namespace", "Namespace", NamespaceForm),
    ShortKind("configmap", "ConfigMap", ConfigMapForm),
    ShortKind("secret", gettext_lazy("Secret"), SecretForm),
    ShortKind("tls-secret", gettext_lazy("TLS Secret"), TlsForm),
    ShortKind("registry-secret", gettext_lazy("Registry Secret"), RegistryForm),
    ShortKind("serviceaccount", "ServiceAccount", ServiceAccountForm),
    ShortKind("rolebinding", "RoleBinding", RoleBindingForm),
)
BY_SLUG: Mapping[str, ShortKind] = {one.slug: one for one in SHORT_KINDS}
