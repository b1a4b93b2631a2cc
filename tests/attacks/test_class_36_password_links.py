"""Password links: a password that somebody else set off unlocks no credential (class 36)."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, identity_of, save_credential
from clusters.credentials.suspension import CredentialSuspended, count_suspended
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import ClusterSession, connect
from clusters.models import Cluster, Credential
from people import one_time_links
from people.models import Purpose, User
from tests.attacks.confirming import CONFIRM, confirm
from tests.attacks.installation import Installation
from tests.audit_trail import AuditTrail
from tests.cleanup import stop_background_work

NEW, NEWER = "around-the-horn-again", "around-the-horn-once-more"


def make_link(installation: Installation, maker: str = "ada", target: str = "dana") -> str:
    """By the button that an administrator has."""
    address = f"/people/{installation.users[target].pk}/new-password-link/"
    page = installation.browser(maker).post(address).content.decode()
    return page.partition("/people/invitations/")[2].partition("/")[0]


def use_link(secret: str, client: Client | None = None) -> Client:
    client = client or Client()
    answer = client.post(f"/people/invitations/{secret}/", {"password": NEW, "again": NEW})
    assert answer.status_code == 302
    return client


def is_usable(user: User) -> bool:
    try:
        return isinstance(connect(user, "harbour"), ClusterSession)
    except CredentialSuspended:
        return False


def test_an_administrator_with_a_link_acts_with_nobodys_credential(
    offline_installation: Installation, audit_trail: AuditTrail
) -> None:
    installation = offline_installation
    dana = installation.users["dana"]
    thief = use_link(make_link(installation))
    assert thief.get("/people/me/").status_code == 200
    for path in ("/c/harbour/", "/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web"):
        answer = thief.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/clusters/harbour/credential/"), answer["Location"]
    with pytest.raises(CredentialSuspended):
        connect(dana, "harbour")
    assert confirm(thief) == 302  # back to the page that adds one
    assert not is_usable(dana)
    detail = audit_trail.get_last(verb="link-used").detail
    assert (detail["made by"], detail["credentials suspended"]) == ("ada", 1)


def test_neither_a_moved_cluster_nor_a_second_password_unlocks_it(offline_installation: Installation) -> None:
    installation = offline_installation
    dana = installation.users["dana"]
    thief = use_link(make_link(installation))
    Cluster.objects.filter(slug="harbour").update(server="https://10.0.0.1:6443")
    assert confirm(thief) == 302
    Cluster.objects.filter(slug="harbour").update(server="https://127.0.0.1:9")
    thief.post("/people/me/password/", {"current": NEW, "password": NEWER, "again": NEWER})
    assert User.objects.get(username="dana").check_password(NEWER)
    use_link(make_link(installation), thief)  # in a browser that was signed in before this second link
    assert not is_usable(dana)


def test_each_page_says_who_made_the_link_and_that_it_must_be_added_again(
    offline_installation: Installation,
) -> None:
    dana = use_link(make_link(offline_installation))
    page = dana.get("/").content.decode()
    assert "with a link that ada made on" in page
    assert "1 credential of yours is suspended" in page
    for path in ("/", "/clusters/", "/clusters/credentials/", "/clusters/harbour/credential/"):
        page = dana.get(path).content.decode()
        assert "uspended" in page, path
    assert "ada made the link" in page
    assert CONFIRM not in page
    stop_background_work()


def test_the_next_sign_ins_say_so_too(offline_installation: Installation) -> None:
    """Whoever used the link may have seen the first; the person sees the next."""
    installation = offline_installation
    use_link(make_link(installation, maker="demi"))
    use_link(make_link(installation, maker="ada"))
    dana = Client()
    dana.post("/people/sign-in/", {"username": "dana", "password": NEW})
    page = dana.get("/people/me/").content.decode()
    assert "with a link that demi made on" in page
    assert "with a link that ada made on" in page


def test_who_adds_the_same_credential_again_goes_on(offline_installation: Installation) -> None:
    dana, harbour = offline_installation.users["dana"], Cluster.objects.get(slug="harbour")
    use_link(make_link(offline_installation))
    identity = Identity(token="token-of-dana")
    save_credential(harbour, Owner(user=dana), identity, WhoAmI("dana", "", (), {}, None), actor=dana)
    assert is_usable(dana)
    assert identity_of(Credential.objects.get(user=dana)) == identity


def test_who_sets_the_password_alone_keeps_everything(offline_installation: Installation) -> None:
    """On the account page; by a link in a browser that was signed in before there was the link; by one's own link."""
    installation = offline_installation
    dana, ada = installation.users["dana"], installation.users["ada"]
    client = installation.browser("dana")
    client.post("/people/me/password/", {"password": NEW, "again": NEW})
    assert User.objects.get(username="dana").check_password(NEW)
    assert is_usable(dana)
    use_link(make_link(installation), client)
    assert is_usable(dana)
    use_link(make_link(installation, maker="ada", target="ada"))
    assert is_usable(ada)


def test_a_browser_of_somebody_else_is_no_proof(offline_installation: Installation) -> None:
    installation = offline_installation
    secret = make_link(installation)
    use_link(secret, installation.browser("ada"))
    assert not is_usable(installation.users["dana"])


def test_a_session_that_is_younger_than_the_link_is_no_proof(offline_installation: Installation) -> None:
    """Signed in by an operator's link meanwhile: the password link is still somebody else's."""
    installation = offline_installation
    secret = make_link(installation)
    client = Client()
    sign_in = one_time_links.link_for(installation.users["dana"], Purpose.SIGN_IN)
    client.post(f"/people/invitations/{sign_in}/")
    assert client.cookies[settings.SESSION_COOKIE_NAME].value
    use_link(secret, client)
    assert not is_usable(installation.users["dana"])


def test_it_is_not_said_to_wait_for_a_confirmation_of_settings(offline_installation: Installation) -> None:
    """It can only be added again, so an edit of the cluster does not count it."""
    use_link(make_link(offline_installation))
    assert not is_usable(offline_installation.users["dana"])
    assert count_suspended(Cluster.objects.get(slug="harbour")) == 0


def test_nobody_elses_credentials_wait(offline_installation: Installation) -> None:
    use_link(make_link(offline_installation))
    assert set(Credential.objects.exclude(suspended_at=None).values_list("user__username", flat=True)) == {
        "dana"
    }
    assert is_usable(offline_installation.users["rene"])
