"""Personal tokens: issued, found by their secret, revoked; each belongs to one person and never grants more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from clusters.models import Cluster, PersonalToken
from clusters.personal_tokens.secrets import generate_secret, hash_secret, is_secret
from people.models import User

MAX_TOKENS = 50  # of one person, that can be used
RETENTION = timedelta(days=90)  # how long a dead token stays in its list
USE_INTERVAL = timedelta(minutes=1)  # between two notes of a token's last use
SHOWN_CHARACTERS = 8  # of a secret, with its prefix, so that its person tells tokens apart


class TooManyTokens(Exception):
    """The person has as many tokens as one can have."""


@dataclass(frozen=True)
class TokenScope:
    """What a token is for. `namespaces` of them only, or all where there are none; cluster-scoped resources then not.

    `read_only` permits no request that changes or runs anything.
    """

    clusters: Sequence[Cluster]
    namespaces: Sequence[str]
    read_only: bool


def issue(user: User, name: str, scope: TokenScope, lifetime: timedelta) -> tuple[PersonalToken, str]:
    """A new token and its secret, which is known to nobody afterwards. Raises TooManyTokens."""
    now = timezone.now()
    PersonalToken.objects.filter(user=user, expires_at__lt=now - RETENTION).delete()
    PersonalToken.objects.filter(user=user, revoked_at__lt=now - RETENTION).delete()
    if usable_tokens(user).count() >= MAX_TOKENS:
        raise TooManyTokens
    secret = generate_secret()
    token = PersonalToken.objects.create(
        user=user,
        name=name,
        secret_hash=hash_secret(secret),
        beginning=secret[:SHOWN_CHARACTERS],
        expires_at=now + lifetime,
        read_only=scope.read_only,
        namespaces=list(scope.namespaces),
    )
    token.clusters.set(scope.clusters)
    return token, secret


def usable_tokens(user: User) -> QuerySet[PersonalToken]:
    return PersonalToken.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


def find_token(secret: str) -> PersonalToken | None:
    """The token of this secret while it can be used: not revoked, not expired, its person active."""
    if not is_secret(secret):
        return None
    return (
        PersonalToken.objects.filter(
            secret_hash=hash_secret(secret),
            revoked_at=None,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )


def list_valid(pks: Collection[int]) -> set[int]:
    """Which of these tokens can still be used."""
    found = PersonalToken.objects.filter(
        pk__in=pks, revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    return set(found.values_list("pk", flat=True))


def revoke(token: PersonalToken, by: User) -> bool:
    """It can be used no more; False where it could not be used before either."""
    changed = PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=by.username
    )
    return changed == 1


def note_use(token: PersonalToken, address: str, now: datetime | None = None) -> None:
    """Keep when and from where it was used last, at most once a minute unless the address is another."""
    now = now or timezone.now()
    is_recent = token.last_used_at is not None and now - token.last_used_at < USE_INTERVAL
    if is_recent and token.last_address == (address or None):
        return
    PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now, last_address=address or None)
