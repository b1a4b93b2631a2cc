"""Cluster form: the settings of a cluster, validated, and a check that its API server responds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.api.connection import Server
from clusters.api.errors import ApiError
from clusters.credentials.certificate import checked_bundle
from clusters.credentials.cluster_names import checked_name, checked_slug
from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig_fields import HOST
from clusters.credentials.server import checked_proxy, checked_server
from clusters.credentials.store import server_of
from clusters.credentials.verification import reach
from clusters.models import Cluster
from dashboard.clusters.notices import make_error_notice
from dashboard.pieces.notice import Notice

COLORS = (
    ("slate", gettext_lazy("Slate")),
    ("red", gettext_lazy("Red")),
    ("orange", gettext_lazy("Orange")),
    ("amber", gettext_lazy("Amber")),
    ("green", gettext_lazy("Green")),
    ("teal", gettext_lazy("Teal")),
    ("blue", gettext_lazy("Blue")),
    ("violet", gettext_lazy("Violet")),
    ("pink", gettext_lazy("Pink")),
    ("brown", gettext_lazy("Brown")),
)
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
PREFIX = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
MOST_LABELS = 50
UNVERIFIED = (
    "do not verify"  # typed by hand to switch verification off; not translated, so that it is one word
)
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class LabelsField(forms.CharField):
    """Labels as lines of `key=value`, in Kubernetes' syntax, so that selectors work on them."""

    widget = forms.Textarea(attrs={"rows": 3, **PLAIN})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{key}={one}" if one else str(key) for key, one in value.items())
        return value

    def clean(self, value: Any) -> dict[str, str]:
        lines = [line.strip() for line in str(super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > MOST_LABELS:
            raise ValidationError(_("At most 50 labels."))
        labels: dict[str, str] = {}
        for line in lines:
            key, _separator, text = (part.strip() for part in line.partition("="))
            _check_label(key, text, line)
            if key in labels:
                raise ValidationError(_("Duplicate label: %(key)s.") % {"key": key})
            labels[key] = text
        return labels

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as labels: the audit trail names only what really changed."""
        try:
            return self.clean(data) != (initial or {})
        except ValidationError:
            return True


class ClusterForm(forms.ModelForm):  # type: ignore[type-arg] # not at run time
    """`unverified` must be typed to switch the verification of TLS off."""

    labels = LabelsField(
        label=gettext_lazy("Labels"),
        required=False,
        max_length=10_000,
        help_text=gettext_lazy("One per line, e.g. env=production. Used to group and select clusters."),
    )
    color = forms.ChoiceField(label=gettext_lazy("Color"), choices=COLORS, initial="slate")
    unverified = forms.CharField(
        label=gettext_lazy("To disable verification, type: do not verify"),
        required=False,
        max_length=50,
        help_text=gettext_lazy(
            "Without verification, anyone between Quarterdeck and the cluster can steal every credential "
            "sent to it. Every page of this cluster shows a warning."
        ),
        widget=forms.TextInput(attrs=PLAIN),
    )

    class Meta:
        model = Cluster
        fields = [
            "name",
            "slug",
            "server",
            "ca",
            "system_cas",
            "tls_server_name",
            "proxy_url",
            "color",
            "protected",
            "name_lifters",
            "labels",
            "verify_tls",
        ]
        widgets = {
            "slug": forms.TextInput(attrs=PLAIN),
            "server": forms.TextInput(attrs={**PLAIN, "inputmode": "url"}),
            "ca": forms.Textarea(attrs={"rows": 6, **PLAIN}),
            "tls_server_name": forms.TextInput(attrs=PLAIN),
            "proxy_url": forms.TextInput(attrs={**PLAIN, "inputmode": "url"}),
        }
        help_texts = {
            "slug": gettext_lazy("Lowercase letters, digits and hyphens. Part of every URL of this cluster."),
            "server": gettext_lazy(
                "https://host:6443, as in a kubeconfig. Must be reachable from the Quarterdeck server."
            ),
            "ca": gettext_lazy(
                "The kubeconfig's certificate-authority-data, base64-decoded. Leave empty to use the system "
                "CAs."
            ),
            "tls_server_name": gettext_lazy("Only if the certificate was issued for a different host name."),
            "proxy_url": gettext_lazy(
                "Only if the cluster is reached through a proxy, e.g. http://proxy.example.com:3128."
            ),
            "protected": gettext_lazy(
                "Marks every page of this cluster. Actions have the object's name typed, and what cannot be undone "
                "waits five seconds in which it can be called back."
            ),
            "name_lifters": gettext_lazy(
                "In a protected cluster: who can lift typed names for an hour, in one session. Deleting a "
                "Namespace or a CustomResourceDefinition always needs the name."
            ),
        }

    def clean_name(self) -> str:
        return _validate(lambda: checked_name(str(self.cleaned_data["name"])))

    def clean_slug(self) -> str:
        return _validate(lambda: checked_slug(str(self.cleaned_data["slug"])))

    def clean_server(self) -> str:
        return _validate(lambda: checked_server(self.cleaned_data["server"]))

    def clean_proxy_url(self) -> str:
        return _validate(lambda: checked_proxy(self.cleaned_data["proxy_url"]))

    def clean_ca(self) -> str:
        return _validate(lambda: checked_bundle(self.cleaned_data["ca"]))

    def clean_tls_server_name(self) -> str:
        name = str(self.cleaned_data["tls_server_name"]).strip()
        if name and not HOST.fullmatch(name):
            raise ValidationError(_("This is not a valid host name."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        was_off = self.instance.pk is not None and not Cluster.objects.get(pk=self.instance.pk).verify_tls
        if not cleaned.get("verify_tls") and not was_off and cleaned.get("unverified", "") != UNVERIFIED:
            self.add_error(
                "unverified",
                _("Type “%(words)s” to disable TLS verification, or leave it on.") % {"words": UNVERIFIED},
            )
        return cleaned


def check_cluster(cluster: Cluster) -> Notice | None:
    """Why no Kubernetes API server responds at this address, None where one does."""
    return check_server(server_of(cluster))


def check_server(server: Server) -> Notice | None:
    """The same of an address that belongs to no cluster yet."""
    try:
        reach(server)
    except ApiError as error:
        return make_error_notice(error)
    return None


def _validate(check: Any) -> str:
    try:
        return str(check())
    except BadCredential as wrong:
        raise ValidationError(f"{wrong.message} {wrong.advice}".strip()) from wrong


def _check_label(key: str, text: str, line: str) -> None:
    prefix, slash, name = key.rpartition("/")
    is_key = bool(NAME.fullmatch(name)) and (not slash or bool(PREFIX.fullmatch(prefix)))
    if not is_key or (text and not NAME.fullmatch(text)):
        raise ValidationError(_("Not a valid label: %(line)s") % {"line": line[:100]})
