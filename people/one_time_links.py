"""One-time links: invitations, password resets and sign-in links, stored as hashes with an expiry."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from people.models import GlobalRole, Invitation, Purpose, Team, TeamRole, User

LIFETIMES = {
    Purpose.INVITATION: timedelta(days=7),
    Purpose.PASSWORD: timedelta(hours=24),
    Purpose.SIGN_IN: timedelta(minutes=15),
}

MAX_SIGN_IN_LINKS = 5  # of one person, that starts of this program have printed
RETENTION = timedelta(days=30)  # how long a dead link is remembered


def invite(
    *,
    global_role: GlobalRole,
    team: Team | None = None,
    role: TeamRole = TeamRole.VIEWER,
    created_by: User | None = None,
) -> str:
    """The secret of a new invitation; it is returned once and stored as a hash only."""
    return _make(Purpose.INVITATION, global_role=global_role, team=team, role=role, created_by=created_by)


def link_for(user: User, purpose: Purpose, *, created_by: User | None = None) -> str:
    """The secret of a link for a person who is here already; an older one of the same purpose dies."""
    Invitation.objects.filter(user=user, purpose=purpose, used_at=None).delete()
    return _make(purpose, user=user, created_by=created_by)


def add_sign_in_link(user: User) -> str:
    """The secret of a further sign-in link: those of other processes that started just now go on working.

    The first one that is used ends the others.
    """
    older = Invitation.objects.filter(user=user, purpose=Purpose.SIGN_IN, used_at=None).order_by("-pk")
    Invitation.objects.filter(
        pk__in=list(older.values_list("pk", flat=True)[MAX_SIGN_IN_LINKS - 1 :])
    ).delete()
    return _make(Purpose.SIGN_IN, user=user)


def open_links() -> QuerySet[Invitation]:
    """Links that still work; one that a person made who administrates no more does not."""
    maker_may = Q(created_by=None) | Q(
        created_by__is_active=True, created_by__global_role=GlobalRole.ADMINISTRATOR
    )
    return Invitation.objects.filter(
        maker_may,
        Q(user=None) | Q(user__is_active=True),
        used_at=None,
        expires_at__gt=timezone.now(),
    )


def password_links_of_others(user: User, *, since: datetime) -> QuerySet[Invitation]:
    """The links by which this person's password was set since then, except those that they made themselves."""
    used = Invitation.objects.filter(user=user, purpose=Purpose.PASSWORD, used_at__gte=since)
    return used.exclude(created_by=user).select_related("created_by").order_by("pk")


def find(secret: str) -> Invitation | None:
    """The link of this secret, if it still works."""
    return open_links().select_related("user", "team").filter(secret_hash=_hash(secret)).first()


def use(link: Invitation) -> bool:
    """Use the link up, and end a person's others of the same purpose; of two at once, one is told True."""
    if open_links().filter(pk=link.pk).update(used_at=timezone.now()) != 1:
        return False
    if link.user_id is not None:
        Invitation.objects.filter(user=link.user_id, purpose=link.purpose, used_at=None).delete()
    return True


def link_url(secret: str, *, here: str = "") -> str:
    """The whole URL to hand to a person: of the public URL where one is set, else of `here`."""
    origin = settings.PUBLIC_URL.origin if settings.PUBLIC_URL else here or f"http://{settings.LISTEN}"
    return str(origin + reverse("accounts:invitation", args=[secret]))


def first_administrator() -> User | None:
    """Whom to let in by link because nobody could administrate otherwise; None where somebody can.

    Makes the account `admin` where there is no active administrator at all. It has no password.
    """
    administrators = User.objects.filter(global_role=GlobalRole.ADMINISTRATOR, is_active=True).order_by("pk")
    if any(user.has_usable_password() for user in administrators):
        return None
    return administrators.first() or create_administrator("admin")


def create_administrator(username: str) -> User:
    """A new administrator without a password; of two starts at once, both get the same."""
    for number in range(1, 100):
        name = username if number == 1 else f"{username}-{number}"
        user, _made = User.objects.get_or_create(
            username=name, defaults={"global_role": GlobalRole.ADMINISTRATOR, "password": make_password(None)}
        )
        if user.is_administrator and user.is_active and not user.has_usable_password():
            return user
    raise RuntimeError("All names for a first administrator are taken")


def _make(purpose: Purpose, **fields: object) -> str:
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    expires_at = now + LIFETIMES[purpose]
    Invitation.objects.filter(expires_at__lt=now - RETENTION).delete()
    Invitation.objects.create(secret_hash=_hash(secret), purpose=purpose, expires_at=expires_at, **fields)
    return secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
