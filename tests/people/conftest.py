"""Who is there in the tests of this floor? A small cast, and browsers in which they are signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from people.models import Membership, Role, Standing, Team, User

PASSWORD = "sail-before-the-wind"
Browser = Callable[..., Client]


@pytest.fixture
def cast(db: None, easy_passwords: None) -> dict[str, User]:
    """Anna administrates; dana operates and rene reads in team shop; aude audits; stan is in no team."""
    locked = make_password(None)
    shop = Team.objects.create(slug="shop", name="Shop")
    people = {
        "anna": User.objects.create(
            password=locked, username="anna", name="Anna", standing=Standing.ADMINISTRATOR
        ),
        "dana": User.objects.create(password=locked, username="dana", name="Dana"),
        "rene": User.objects.create(password=locked, username="rene", name="Rene"),
        "aude": User.objects.create(password=locked, username="aude", name="Aude", standing=Standing.AUDITOR),
        "stan": User.objects.create(password=locked, username="stan", name="Stan"),
    }
    Membership.objects.create(user=people["dana"], team=shop, role=Role.OPERATOR)
    Membership.objects.create(user=people["rene"], team=shop, role=Role.READER)
    return people


@cache
def hashed(password: str) -> str:
    """As it is stored; once for all tests, since it takes longer than most of them."""
    return make_password(password)


@pytest.fixture
def dana_with_password(cast: dict[str, User]) -> User:
    cast["dana"].password = hashed(PASSWORD)
    cast["dana"].save()
    return cast["dana"]


@pytest.fixture
def browser_of(cast: dict[str, User]) -> Browser:
    """A browser of its own for each call, signed in as one of the cast, or as nobody."""

    def browser(name: str = "", *, strict: bool = False) -> Client:
        client = Client(enforce_csrf_checks=strict, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
        if name:
            cast[name].refresh_from_db()
            client.force_login(cast[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser
