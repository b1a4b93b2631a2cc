"""Admission webhooks and policy bindings: the Services that they call, and the policies that they bind."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, text, texts
from dashboard.kinds.kind import Kind
from dashboard.kinds.references import Reference

ADMISSION = "admissionregistration.k8s.io"


def find_webhook_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Service of each webhook; one that is called by URL has none."""
    for webhook in mappings(found, "webhooks"):
        service = mapping(webhook, "clientConfig", "service")
        if name := text(service, "name"):
            yield Reference(_("Services"), "", "Service", name, text(service, "namespace"))


def find_policy_references(found: KubernetesObject) -> Iterator[Reference]:
    """The policy of a binding, which is of the kind without "Binding", and the namespaces that it matches."""
    kind = text(found, "kind").removesuffix("Binding")
    yield Reference(_("Policy"), ADMISSION, kind, text(found, "spec", "policyName"))
    for namespace in texts(found, "spec", "matchResources", "namespaces"):
        yield Reference(_("Namespaces"), "", "Namespace", namespace)


KINDS = (
    Kind(
        group=ADMISSION,
        kind="ValidatingWebhookConfiguration",
        plural="validatingwebhookconfigurations",
        find_references=find_webhook_references,
    ),
    Kind(
        group=ADMISSION,
        kind="MutatingWebhookConfiguration",
        plural="mutatingwebhookconfigurations",
        find_references=find_webhook_references,
    ),
    Kind(
        group=ADMISSION,
        kind="ValidatingAdmissionPolicyBinding",
        plural="validatingadmissionpolicybindings",
        find_references=find_policy_references,
    ),
    Kind(
        group=ADMISSION,
        kind="MutatingAdmissionPolicyBinding",
        plural="mutatingadmissionpolicybindings",
        find_references=find_policy_references,
    ),
)
