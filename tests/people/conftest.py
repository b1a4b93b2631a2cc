"""Fixtures of users: a small team in the database, and signed-in clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from people import control
from people.broadcast import Message
from people.models import GlobalRole, Membership, Team, TeamRole, User

PASSWORD = "sail-before-the-wind"
ClientFor = Callable[..., Client]


@pytest.fixture
def users(db: None, fast_passwords: None) -> dict[str, User]:
    """Anna administrates; dana is an editor and rene a viewer of team shop; aude audits; stan is in no team."""
    locked = make_password(None)
    shop = Team.objects.create(slug="shop", name="Shop")
    people = {
        "anna": User.objects.create(
            password=locked, username="anna", name="Anna", global_role=GlobalRole.ADMINISTRATOR
        ),
        "dana": User.objects.create(password=locked, username="dana", name="Dana"),
        "rene": User.objects.create(password=locked, username="rene", name="Rene"),
        "aude": User.objects.create(
            password=locked, username="aude", name="Aude", global_role=GlobalRole.AUDITOR
        ),
        "stan": User.objects.create(password=locked, username="stan", name="Stan"),
    }
    Membership.objects.create(user=people["dana"], team=shop, role=TeamRole.EDITOR)
    Membership.objects.create(user=people["rene"], team=shop, role=TeamRole.VIEWER)
    return people


@cache
def hash_password(password: str) -> str:
    """As it is stored; once for all tests, since it takes longer than most of them."""
    return make_password(password)


@pytest.fixture
def dana_with_password(users: dict[str, User]) -> User:
    users["dana"].password = hash_password(PASSWORD)
    users["dana"].save()
    return users["dana"]


@pytest.fixture
def client_for(users: dict[str, User]) -> ClientFor:
    """A browser of its own for each call, signed in as one of the users, or as nobody."""

    def browser(name: str = "", *, strict: bool = False) -> Client:
        client = Client(enforce_csrf_checks=strict, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
        if name:
            users[name].refresh_from_db()
            client.force_login(users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def messages() -> Iterator[list[Message]]:
    """What the sockets of this process are told from here on."""
    heard: list[Message] = []
    listener = heard.extend
    control.listen(listener)
    yield heard
    control.unlisten(listener)
