"""Image blockers: why an image cannot be pulled, from the runtime's message and the warnings about the pod."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mappings, text
from dashboard.kinds.rollouts.parts import Objects

SECRET_ABSENT = "FailedToRetrieveImagePullSecret"  # noqa: S105 - the reason of an Event
REASONS = (
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
)
# Parts of what containerd, CRI-O and registries say, in lower case.
_DENIED = (
    "unauthorized",
    "401",
    "403",
    "forbidden",
    "access denied",
    "authorization failed",
    "no basic auth",
)
_ABSENT = ("not found", "manifest unknown", "404", "does not exist")
_UNREACHABLE = (
    "no such host",
    "connection refused",
    "i/o timeout",
    "deadline exceeded",
    "tls",
    "x509",
    "no route",
)


def explain(pod: KubernetesObject, status: KubernetesObject, message: str, warnings: Objects) -> str:
    """A clause: which image, and whether it is missing, denied, or its registry is not reached."""
    image = _find_image(pod, text(status, "name")) or text(status, "image")
    secrets = ", ".join(text(one, "name") for one in mappings(pod, "spec", "imagePullSecrets"))
    words = {"image": image, "secrets": secrets}
    said = " ".join(
        [message, *(text(one, "message") for one in warnings if text(one, "reason") == "Failed")]
    ).lower()
    said = said.replace(image.lower(), "")
    if secrets and any(text(one, "reason") == SECRET_ABSENT for one in warnings):
        return _("image %(image)s, pull secret not found: %(secrets)s") % words
    if any(word in said for word in _DENIED):
        if secrets:
            return _("the registry denies access to image %(image)s with pull secret %(secrets)s") % words
        return _("the registry denies access to image %(image)s, and the pod has no pull secret") % words
    if any(word in said for word in _ABSENT):
        return _("image %(image)s not found") % words
    if any(word in said for word in _UNREACHABLE):
        return _("the registry of image %(image)s cannot be reached") % words
    return _("image %(image)s") % words


def _find_image(pod: KubernetesObject, name: str) -> str:
    """As the pod's spec has it: a status may have it in another form."""
    for field in ("initContainers", "containers"):
        for one in mappings(pod, "spec", field):
            if text(one, "name") == name:
                return text(one, "image")
    return ""
