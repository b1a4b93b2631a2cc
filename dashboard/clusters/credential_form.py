"""Credential forms: token, certificate or kubeconfig, verified with the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.api.connection import Identity, Server
from clusters.api.errors import ApiError
from clusters.api.paths import DNS_LABEL
from clusters.credentials.certificate import bundle_key, checked_pair
from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig import Context, one_context, read_kubeconfig
from clusters.credentials.matching import has_common_authority
from clusters.credentials.server import checked_server
from clusters.credentials.token import checked_token
from clusters.credentials.verification import WhoAmI, try_identity
from clusters.credentials.yaml_tree import LARGEST, find_encoding
from dashboard.clusters.notices import PROGRAMS, make_error_notice
from dashboard.pieces.notice import Notice

WAYS = ("token", "certificate", "kubeconfig")
NAMESPACE = RegexValidator(
    rf"^{DNS_LABEL}\Z",
    gettext_lazy("Use lowercase letters, digits and hyphens; start and end with a letter or digit."),
)


def secret_area(rows: int) -> forms.Textarea:
    """A field for a secret: nothing helps with it, and nothing remembers it."""
    return forms.Textarea(
        attrs={"rows": rows, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    )


def namespace_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Namespace"),
        required=False,
        max_length=63,
        validators=[NAMESPACE],
        help_text=gettext_lazy("Your default namespace, if you cannot list all namespaces. Optional."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class TokenForm(forms.Form):
    token = forms.CharField(
        label=gettext_lazy("Bearer token"),
        widget=secret_area(5),
        required=False,
        help_text=gettext_lazy("As printed by kubectl create token. Stored encrypted and never shown again."),
    )
    namespace = namespace_field()


class CertificateForm(forms.Form):
    certificate = forms.CharField(
        label=gettext_lazy("Client certificate (PEM)"),
        widget=secret_area(6),
        required=False,
        help_text=gettext_lazy("Starting at -----BEGIN CERTIFICATE-----; the chain may follow."),
    )
    key = forms.CharField(
        label=gettext_lazy("Private key (PEM)"),
        widget=secret_area(6),
        required=False,
        help_text=gettext_lazy("Without a passphrase. Stored encrypted and never shown again."),
    )
    namespace = namespace_field()


class KubeconfigForm(forms.Form):
    """The text wins over the file; what a file held is put into the text, so that it is still there after."""

    kubeconfig = forms.CharField(
        label=gettext_lazy("Kubeconfig"),
        widget=secret_area(12),
        required=False,
        strip=False,
        help_text=gettext_lazy("The output of: kubectl config view --raw --flatten --minify"),
    )
    file = forms.FileField(
        label=gettext_lazy("or a file"), required=False, help_text=gettext_lazy("At most 1 MiB.")
    )
    context = forms.CharField(
        label=gettext_lazy("Context"),
        required=False,
        max_length=253,
        help_text=gettext_lazy("Leave empty to use the file's current context."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


FORMS: dict[str, type[forms.Form]] = {
    "token": TokenForm,
    "certificate": CertificateForm,
    "kubeconfig": KubeconfigForm,
}


@dataclass(frozen=True, repr=False)
class Accepted:
    """A credential that the cluster accepted."""

    identity: Identity
    who: WhoAmI
    namespace: str


@dataclass(frozen=True, repr=False)
class Rejected:
    """Why it was not; `context` is the refused context of a kubeconfig, for the advice."""

    notice: Notice
    context: Context | None = None

    @property
    def needs_account(self) -> bool:
        """Whether a ServiceAccount's token would solve it."""
        return self.notice.reason in PROGRAMS


def empty_form(way: str, namespace: str = "") -> forms.Form:
    """The form of this way, with the namespace of the credential that is renewed."""
    return FORMS[way](initial={"namespace": namespace})


def offer_form(way: str, posted: Any, files: Any) -> forms.Form:
    """The form of this way, with what was typed; a file's text replaces an empty text."""
    typed = posted.copy()
    if way == "kubeconfig" and not typed.get("kubeconfig", "").strip():
        typed["kubeconfig"] = file_text(files.get("file") if files else None)
    return FORMS[way](typed)


def file_text(file: UploadedFile[Any] | None) -> str:
    """The text of an uploaded file, one byte beyond the limit at most: the limit is what refuses it."""
    raw = file.read(LARGEST + 1) if file else b""
    return raw.decode(find_encoding(raw), "replace")


def verify_form(form: forms.Form, way: str, server: Server) -> Accepted | Rejected:
    """Read a valid form and have the cluster say whom it takes this for. Nothing is stored here."""
    context: Context | None = None
    try:
        if way == "kubeconfig":
            context = _context(form, server)
            identity, namespace = context.identity, context.namespace
            if identity is None:  # cannot be: one_context raises the error
                raise KubeconfigError("users", _("This context has no credential."))
        else:
            identity, namespace = _identity(form, way), form.cleaned_data["namespace"]
        return Accepted(identity, try_identity(server, identity), namespace)
    except (BadCredential, ApiError) as error:
        return Rejected(make_error_notice(error), context or _rejected_context(form, way))


def _identity(form: forms.Form, way: str) -> Identity:
    if way == "token":
        return Identity(token=checked_token(form.cleaned_data["token"]))
    certificate, key = checked_pair(form.cleaned_data["certificate"], form.cleaned_data["key"])
    return Identity(certificate=certificate, key=key)


def _context(form: forms.Form, server: Server) -> Context:
    read = read_kubeconfig(form.cleaned_data["kubeconfig"])
    context = one_context(read, form.cleaned_data["context"].strip())
    _check_same_cluster(context, server)
    return context


def _check_same_cluster(context: Context, server: Server) -> None:
    """KubeconfigError unless address and authority are the cluster's: one authority may stand behind many clusters, and
    no credential of one is ever sent to another."""
    if context.server != checked_server(server.url):
        servers = {"theirs": context.server, "ours": server.url}
        message = _("This context is for a different cluster: %(theirs)s instead of %(ours)s.") % servers
    elif not has_common_authority(bundle_key(server.ca), bundle_key(context.ca)):
        message = _("This context has the address of this cluster, but another certificate authority.")
    else:
        return
    advice = _("Select the context for this cluster, or import the file under “Clusters”.")
    raise KubeconfigError("clusters", message, advice, reason="other")


def _rejected_context(form: forms.Form, way: str) -> Context | None:
    if way != "kubeconfig":
        return None
    try:
        read = read_kubeconfig(form.cleaned_data["kubeconfig"])
    except BadCredential:
        return None
    return read.context(form.cleaned_data["context"].strip() or read.current)
