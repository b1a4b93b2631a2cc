"""Models: clusters, shares, credentials, cluster requests, remembered namespaces and drafts."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clusters.api.paths import DNS_LABEL
from people.models import Team, User

SLUG = RegexValidator(
    f"^{DNS_LABEL}$",
    _("Use lowercase letters, digits and hyphens; start and end with a letter or digit."),
)


class Cluster(models.Model):
    """An API server that administrators added: where it is and how it is verified."""

    slug = models.CharField(_("ID (used in URLs)"), max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=100)
    labels = models.JSONField(_("labels"), default=dict, blank=True)
    server = models.CharField(_("API server"), max_length=500)
    ca = models.TextField(_("certificate authority (PEM)"), blank=True)
    system_cas = models.BooleanField(_("also trust the system CAs"), default=False)
    tls_server_name = models.CharField(_("TLS server name"), max_length=253, blank=True)
    verify_tls = models.BooleanField(_("verify TLS"), default=True)
    proxy_url = models.CharField(_("HTTP proxy"), max_length=500, blank=True)
    color = models.CharField(_("color"), max_length=16, default="slate")
    protected = models.BooleanField(_("protected"), default=False)
    features = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "slug"]

    def __str__(self) -> str:
        return self.name


class Share(models.Model):
    """A team that sees a cluster."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="shares")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shares")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "team"], name="one_share_a_team")]

    def __str__(self) -> str:
        return f"{self.cluster} for {self.team}"


class CredentialKind(models.TextChoices):
    TOKEN = "token", _("bearer token")
    CERTIFICATE = "certificate", _("client certificate")


class Credential(models.Model):
    """What proves to one cluster who calls: a person's own, or a team's where an administrator allowed it.

    `sealed` is opened by `clusters.credentials` only, as what `binding` says. `suspended_at` is when its owner's
    password was set by a link that somebody else made: it is not used from then on. `version` grows at each change,
    so that pools, caches and feeds of the old one are never used again.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="credentials")
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="credentials"
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="credentials"
    )
    kind = models.CharField(max_length=16, choices=CredentialKind.choices)
    sealed = models.BinaryField()
    binding = models.JSONField(default=dict, blank=True)  # clusters.credentials.binding.Binding
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_by = models.CharField(max_length=150, blank=True)  # the username of who made the password link
    identity = models.CharField(_("identity"), max_length=500, blank=True)
    groups = models.JSONField(default=list, blank=True)
    namespace = models.CharField(_("namespace"), max_length=63, blank=True)
    read_only = models.BooleanField(_("read-only"), default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="credential_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["cluster", "user"], condition=Q(user__isnull=False), name="one_credential_a_person"
            ),
            models.UniqueConstraint(
                fields=["cluster", "team"], condition=Q(team__isnull=False), name="one_credential_a_team"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.cluster}"


class RequestState(models.TextChoices):
    OPEN = "open", _("open")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class ClusterRequest(models.Model):
    """A member's request for a cluster that is not here yet; an administrator decides."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="cluster_requests")
    name = models.CharField(max_length=100)
    server = models.CharField(max_length=500)
    ca = models.TextField(blank=True)
    tls_server_name = models.CharField(max_length=253, blank=True)
    note = models.TextField(blank=True, max_length=2000)
    state = models.CharField(max_length=16, choices=RequestState.choices, default=RequestState.OPEN)
    cluster = models.ForeignKey(Cluster, on_delete=models.SET_NULL, null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="requests_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class KnownNamespace(models.Model):
    """A namespace that a person typed or visited, proven by a real response; for who may not list namespaces."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_namespaces")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="known_namespaces")
    name = models.CharField(max_length=63)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "cluster", "name"], name="a_known_namespace_once")
        ]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """Text that a person typed on a page of a cluster and has not saved there yet.

    `sealed` is opened by `clusters.changes.drafts` only. `page` is the path below the cluster: namespace, resource and
    name. One that `is_saved` in the cluster stays a while without its text, so that a request of its page that comes
    late does not bring it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="drafts")
    page = models.CharField(max_length=640)
    sealed = models.BinaryField()
    is_saved = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.page
