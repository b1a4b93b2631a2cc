"""Command rotate_keys: all credentials under a new key, in batches, repeatable."""

from __future__ import annotations

import base64
import secrets
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from clusters.api.connection import Identity
from clusters.changes.drafts import DraftContent, open_draft, save_draft
from clusters.changes.objects import Version
from clusters.credentials.sealing import is_current
from clusters.credentials.store import Owner, identity_of, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.management.commands.rotate_keys import Command
from clusters.models import Cluster, Credential, Draft
from people.models import User

WHO = WhoAmI("somebody", "", (), {}, None)


def make_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def sealed_credentials(db, settings) -> str:
    """Seven credentials under one key, which is returned."""
    settings.SEALING_KEYS = [make_key()]
    cluster = Cluster.objects.create(slug="prod", name="Prod", server="https://api.example.com")
    for number in range(7):
        user = User.objects.create(username=f"user-{number}")
        save_credential(cluster, Owner(user=user), Identity(token=f"token-{number}"), WHO)
    return settings.SEALING_KEYS[0]


def rotate(**options) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    try:
        call_command("rotate_keys", stdout=out, stderr=errors, **options)
    except CommandError as failed:
        errors.write(str(failed))
    return out.getvalue(), errors.getvalue()


@pytest.mark.parametrize("batch", [1, 3, 7, 200])
def test_it_seals_all_of_them_under_the_first_key(batch, sealed_credentials, settings):
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    versions = list(Credential.objects.order_by("pk").values_list("version", flat=True))
    assert "7 re-encrypted, 0 already" in rotate(batch=batch)[0]
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    tokens = [identity_of(one).token for one in Credential.objects.order_by("pk")]
    assert tokens == [f"token-{number}" for number in range(7)]
    assert list(Credential.objects.order_by("pk").values_list("version", flat=True)) == versions


def test_it_may_be_run_again(sealed_credentials, settings):
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    rotate()
    before = list(Credential.objects.order_by("pk").values_list("sealed", flat=True))
    assert rotate() == ("0 re-encrypted, 7 already using the first key.\n", "")
    assert list(Credential.objects.order_by("pk").values_list("sealed", flat=True)) == before


def test_it_goes_on_where_it_was_stopped(sealed_credentials, settings):
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    half = list(Credential.objects.order_by("pk")[:3])
    rotate()
    for one in half:
        assert is_current(bytes(Credential.objects.get(pk=one.pk).sealed))
    Credential.objects.filter(pk__in=[one.pk for one in half]).update(sealed=half[0].sealed)
    output, errors = rotate()
    assert "1 re-encrypted, 4 already" in output  # the first row has its own value back
    assert errors.count("altered, or belongs to another row") == 2


def test_it_names_what_cannot_be_opened_and_does_the_rest(sealed_credentials, settings):
    lost = Credential.objects.order_by("pk")[2]
    Credential.objects.filter(pk=lost.pk).update(sealed=b"junk")
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    output, errors = rotate(batch=2)
    assert "6 re-encrypted" in output
    assert f"credential {lost.pk} for prod" in errors
    assert "1 could not be decrypted" in errors
    assert "token-" not in output + errors


def test_it_does_not_undo_a_renewal_in_between(sealed_credentials, settings):
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    read = Credential.objects.order_by("pk")[0]
    save_credential(read.cluster, Owner(user=read.user), Identity(token="renewed"), WHO)
    counts = {"sealed": 0, "current": 0, "changed": 0}
    Command()._rotate(read, counts, [])
    assert counts == {"sealed": 0, "current": 0, "changed": 1}
    assert identity_of(Credential.objects.get(pk=read.pk)).token == "renewed"


def test_drafts_are_sealed_again_and_one_that_nobody_can_open_is_removed(sealed_credentials, settings):
    user, cluster = User.objects.get(username="user-0"), Cluster.objects.get(slug="prod")
    content = DraftContent("typed", "base", Version("1", "u"))
    keys = [uuid4(), uuid4()]
    for key in keys:
        save_draft(user, cluster, "shop/configmaps/a", key, content)
    Draft.objects.filter(pk=keys[1]).update(page="moved")
    settings.SEALING_KEYS = [make_key(), sealed_credentials]
    assert "1 drafts re-encrypted, 1 that nobody could open removed." in rotate()[0]
    left = Draft.objects.get()
    assert is_current(bytes(left.sealed))
    assert open_draft(left) == content
