"""Models: clusters, shares, credentials, requests, namespaces, operations, drafts, bulk runs and tokens."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clusters.api.paths import DNS_LABEL
from people.models import Team, User

SLUG = RegexValidator(
    f"^{DNS_LABEL}$",
    _("Use lowercase letters, digits and hyphens; start and end with a letter or digit."),
)


class NameLifters(models.TextChoices):
    """Who may lift the typed names of a protected cluster, each for oneself."""

    NOBODY = "", _("nobody")
    ADMINISTRATORS = "administrators", _("administrators")
    EDITORS = "editors", _("everybody with the Editor role")


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
    name_lifters = models.CharField(
        _("who can lift typed names"),
        max_length=16,
        blank=True,
        choices=NameLifters.choices,
        default=NameLifters.NOBODY,
        db_default=NameLifters.NOBODY,
    )
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


class NameLift(models.Model):
    """Until when one session of a person confirms in a protected cluster without typing names."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="name_lifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="name_lifts")
    session_id = models.CharField(max_length=64)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "user", "session_id"], name="one_lift_a_session")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.cluster} until {self.until}"


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


class PersonalToken(models.Model):
    """A person's token for the pass-through: as a hash, for some clusters and perhaps some namespaces only.

    It dies with its person. `clusters` are those it is for; `namespaces` is empty where it is for all.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_tokens")
    name = models.CharField(_("name"), max_length=100)
    secret_hash = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=16)  # of the secret, for telling tokens apart
    clusters: models.ManyToManyField[Cluster, models.Model] = models.ManyToManyField(
        Cluster, related_name="+"
    )
    namespaces = models.JSONField(default=list, blank=True)
    read_only = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_address = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True)  # a username

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.beginning}… ({self.name})"

    def is_usable(self) -> bool:
        """Whether it is neither revoked nor expired; whether its person is active is another question."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class OperationState(models.TextChoices):
    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")
    INTERRUPTED = "interrupted", _("Interrupted")
    FAILED = "failed", _("Failed")
    DONE = "done", _("Done")


class Operation(models.Model):
    """Work on one cluster that outlives the request which started it, such as a drain.

    One process runs it at a time: the one whose `owner` is here and whose `heartbeat_at` is recent (a lease, see
    `clusters.operations.lease`). It runs with the credential of `user`, for as long as the session with `session_id`
    lasts. It begins at `starts_at`, and can be called back until `begun_at`. `options` is what was requested,
    `progress` what is known of it, both as its kind defines them; what it does to each object is in its items.
    `revision` grows at each change that a page shows.
    """

    kind = models.CharField(max_length=16)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="operations")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="operations")
    session_id = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16, choices=OperationState.choices, default=OperationState.RUNNING, db_index=True
    )
    options = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    is_stop_requested = models.BooleanField(default=False)
    stopped_by = models.CharField(max_length=150, blank=True)  # a username
    owner = models.CharField(max_length=32, blank=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    # What an earlier version adds while it still serves beside this one has no undo window: it has begun.
    starts_at = models.DateTimeField(default=timezone.now, db_default=Now())
    begun_at = models.DateTimeField(null=True, blank=True, default=None, db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


class OperationItem(models.Model):
    """One object of an operation, and what has become of it. `detail` is as the operation's kind defines it."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="items")
    resource = models.CharField(max_length=253)  # plural, and group: `pods`, `deployments.apps`
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16)
    message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.resource} {self.namespace}/{self.name} ({self.state})"


class BulkState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")
    SKIPPED = "skipped", _("left out")


class BulkRun(models.Model):
    """One action on many objects, done in the background under the credential of the person who started it.

    `id` is made by the page that confirms it: a form that is sent twice begins one run. It begins at `starts_at`, which
    is `undo_window` seconds after it was confirmed, and can be called back before. `renewed_at` is the last sign of the
    process that does it.
    """

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_runs")
    session = models.CharField(max_length=64)  # the session ID: at its end the run stops
    action = models.CharField(max_length=32)
    resource = models.CharField(max_length=320)  # as in URLs
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    undo_window = models.FloatField(default=0.0, db_default=0.0)
    starts_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    renewed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=32, blank=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.action} {self.resource} ({self.id})"


class BulkItem(models.Model):
    """One object of a run: the one with this UID, and no other of its name; and what became of it."""

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    cluster = models.CharField(max_length=63)
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=BulkState.choices, default=BulkState.WAITING)
    is_changed = models.BooleanField(default=False)  # since the page that confirmed it showed it
    message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_item_a_number")]

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}/{self.name}"


class Draft(models.Model):
    """Text that a person typed on a page of a cluster and has not saved there yet.

    `sealed` is opened by `clusters.changes.drafts` only. `page` is the path below the cluster, such as namespace,
    resource and name. One that `is_saved` in the cluster stays a while without its text, so that a request of its page
    that comes late does not bring it back.
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
