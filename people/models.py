"""Models: users with a global role, teams, memberships, invitations and sessions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.sessions import SessionStore

PRINTABLE = RegexValidator(
    "[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]",
    _("Remove control characters and text-direction marks."),
    inverse_match=True,
)


class GlobalRole(models.TextChoices):
    """What a person is in Quarterdeck; it only ever takes away from what Kubernetes grants."""

    MEMBER = "member", _("Member")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class TeamRole(models.TextChoices):
    """What a team's member may do on the team's clusters; the stronger of several roles holds."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Store a user; without a password the person can sign in by a link only."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. `access_version` grows whenever what this person may reach changes; sockets re-read it."""

    username = models.CharField(
        _("username"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()]
    )
    name = models.CharField(_("full name"), max_length=150, blank=True, validators=[PRINTABLE])
    global_role = models.CharField(
        _("global role"), max_length=16, choices=GlobalRole.choices, default=GlobalRole.MEMBER
    )
    is_active = models.BooleanField(_("active"), default=True)
    access_version = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.username

    def set_password(self, raw_password: str | None) -> None:
        """A new password ends what was begun with the old one, sockets included."""
        super().set_password(raw_password)
        self.access_version += 1

    @property
    def is_administrator(self) -> bool:
        return self.global_role == GlobalRole.ADMINISTRATOR

    @property
    def is_auditor(self) -> bool:
        return self.global_role == GlobalRole.AUDITOR


class Team(models.Model):
    """People who share clusters."""

    slug = models.SlugField(_("ID"), max_length=63, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True, validators=[PRINTABLE])
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=TeamRole.choices, default=TeamRole.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="one_membership_a_team")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} as {self.role}"


class Purpose(models.TextChoices):
    """What a one-time link is for."""

    INVITATION = "invitation", _("invitation")
    PASSWORD = "password", _("password reset")
    SIGN_IN = "sign-in", _("sign-in")


class Invitation(models.Model):
    """A one-time link; only the hash of its secret is stored, and it dies at first use or at `expires_at`."""

    secret_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="links")
    global_role = models.CharField(max_length=16, choices=GlobalRole.choices, default=GlobalRole.MEMBER)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True)
    role = models.CharField(max_length=16, choices=TeamRole.choices, default=TeamRole.VIEWER)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations_made"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} link until {self.expires_at:%Y-%m-%d %H:%M}"


class Session(AbstractBaseSession):
    """A signed-in browser; `people.sessions` fills it."""

    session_key = models.CharField(
        primary_key=True, max_length=64
    )  # the hash of it, `people.sessions.hash_key`
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    # False for what an earlier version has written, also while it still serves beside this one.
    has_signed_key = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        """Without its key, which is what signs in."""
        return f"a session since {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        return SessionStore


class SignInFailures(models.Model):
    """How often sign-in failed since `since`; a `bucket` holds a few names or addresses (people.throttle)."""

    bucket = models.CharField(max_length=16, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.count} since {self.since:%H:%M}"


class AuditCheckpoint(models.Model):
    """Where the audit trail ended when it was last looked at: one row, signed (people.audit.checkpoints).

    It stands in this database, so that the audit trail's own cannot be cut or exchanged unseen.
    """

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    saved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"
