"""What does the page say before any cluster has answered, and to whom?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clusters.api.connection import Identity
from clusters.counting import counters as counting
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import Cluster, Credential, Share
from dashboard.overview import board, page
from dashboard.overview.live import OverviewSubscription
from dashboard.overview.wish import Wish
from people.models import Team, User
from tests.clusters.counting.scripted import Cluster as Scripted
from tests.clusters.counting.scripted import event, node, pod, until
from tests.controlplane.hostile import TEXTS
from tests.overview.conftest import Browser

NOBODY_THERE = "https://127.0.0.1:1"


def make(slug: str, *, name: str = "", team: str = "shop", **fields: object) -> Cluster:
    defaults: dict[str, object] = {"server": NOBODY_THERE, "name": name or slug.title()}
    made = Cluster.objects.create(slug=slug, **{**defaults, **fields})
    Share.objects.create(cluster=made, team=Team.objects.get(slug=team))
    return made


def give(cluster: Cluster, user: User, token: str = "", *, ends: timedelta | None = None) -> Credential:
    """A credential that nobody tried."""
    who = WhoAmI(user.username, "", (), {}, timezone.now() + ends if ends is not None else None)
    return keep(cluster, Owner(user=user), Identity(token=token or user.username), who)


def body(client: Client, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def order(html: str) -> list[str]:
    """The rows' ids."""
    return re.findall(r'<tr id="(?:cluster-)?([\w-]+)"', html)


@pytest.fixture
def harbour(cast: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """A healthy cluster that team shop sees, counted in a hurry."""
    for name, seconds in (("EVERY", 0.3), ("AGAIN", 0.2), ("REFUSED", 0.2), ("SWEEP", 0.05), ("GRACE", 0.2)):
        monkeypatch.setattr(counting, name, seconds)
    monkeypatch.setattr(page, "AT_ONCE", 20.0)  # a busy machine takes its time
    with Scripted() as server:
        server.rows |= {"pods": [pod()] * 3, "nodes": [node()], "events": [event("BackOff")]}
        make("harbour", server=server.url, ca=server.ca, labels={"env": "production"})
        yield server


# --- who sees what


def test_who_is_not_signed_in_is_asked_to(browser_of: Browser) -> None:
    answer = browser_of().get("/?q=a b")
    assert (answer.status_code, answer["Location"]) == (302, "/people/sign-in/?next=%2F%3Fq%3Da%2520b")


def test_it_only_reads(browser_of: Browser) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(browser_of("ada"), method)("/").status_code == 405


def test_it_shows_nothing_of_clusters_that_are_not_shared_with_the_person(
    cast: dict[str, User], browser_of: Browser
) -> None:
    make("secret", name="Secret harbour", team="pay", labels={"env": "unseen-tier"})
    for name in ("dana", "rene", "aude", "stan"):
        for path in ("/", "/?q=secret", "/?group=env", "/?plain=1"):
            html = body(browser_of(name), path)
            assert "Secret harbour" not in html
            assert "unseen-tier" not in html
    assert "Secret harbour" in body(browser_of("dora"))
    assert "Secret harbour" in body(browser_of("ada"))


def test_each_standing_is_told_how_to_begin(cast: dict[str, User], browser_of: Browser) -> None:
    administrator = body(browser_of("ada"))
    assert 'href="/clusters/add/"' in administrator
    assert 'href="/people/teams/"' in administrator
    member = body(browser_of("dana"))
    assert "Shop (Editor)" in member
    assert "Ask an administrator for access: ada." in member
    assert 'href="/clusters/import/"' in member
    assert 'href="/clusters/add/"' not in member
    assert "You are not in a team yet" in body(browser_of("stan"))
    auditor = body(browser_of("aude"))
    assert "As an auditor, you have read-only access to everything" in auditor
    assert "/clusters/import/" not in auditor


# --- what a row says where nothing can be asked


def test_what_is_missing_is_said_with_the_button_that_mends_it(
    cast: dict[str, User], browser_of: Browser
) -> None:
    make("cove")
    give(make("tide"), cast["dana"], ends=-timedelta(hours=2))
    broken = give(make("wreck"), cast["dana"])
    Credential.objects.filter(pk=broken.pk).update(sealed=b"not ours")
    html = body(browser_of("dana"))
    for said in ("You have no credential", "has expired", "cannot be decrypted"):
        assert said in html
    assert order(html) == ["tide", "wreck", "cove"]  # what never was is no trouble
    for slug in ("cove", "tide", "wreck"):
        assert re.search(rf'class="button small primary" href="/clusters/{slug}/credential/"', html)


def test_a_teams_credential_is_renewed_by_who_may(cast: dict[str, User], browser_of: Browser) -> None:
    cluster = make("tide")
    who = WhoAmI("viewer", "", (), {}, timezone.now() - timedelta(hours=2))
    keep(cluster, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), who)
    assert "/clusters/tide/teams/shop/credential/" in body(browser_of("ada"))
    member = body(browser_of("dana"))
    assert "/clusters/tide/teams/" not in member
    assert "shared by team Shop" in member
    assert "Add credential" in member


def test_a_credential_that_ends_soon_says_so_and_can_be_renewed(
    cast: dict[str, User], browser_of: Browser, harbour: Scripted
) -> None:
    give(Cluster.objects.get(slug="harbour"), cast["dana"], ends=timedelta(days=2))
    html = body(browser_of("dana"))
    assert "1 needs attention" in html
    assert re.search(r"Expires <time [^>]*>in 47h</time>", html)
    assert re.search(r'<a class="button small" href="/clusters/harbour/credential/">Renew', html)


# --- order, filter, groups


def test_the_address_holds_order_words_and_groups(cast: dict[str, User], browser_of: Browser) -> None:
    for slug, labels in (("a-dev", {"env": "dev"}), ("b-prod", {"env": "production"}), ("c-none", {})):
        make(slug, labels=labels)
    give(Cluster.objects.get(slug="c-none"), cast["dana"], ends=-timedelta(hours=1))
    client = browser_of("dana")
    assert order(body(client)) == ["c-none", "a-dev", "b-prod"]
    assert order(body(client, "/?sort=name")) == ["a-dev", "b-prod", "c-none"]
    assert order(body(client, "/?q=env%3Dprod")) == ["b-prod"]
    assert order(body(client, "/?q=credential+expired")) == ["c-none"]
    grouped = order(body(client, "/?group=env&sort=name"))
    assert [row for row in grouped if not row.startswith("group")] == ["a-dev", "b-prod", "c-none"]
    assert grouped[-2:] == ["group-none", "c-none"]
    nothing = body(client, "/?q=nothing")
    assert "No clusters match the filter." in nothing
    for odd in ("/?sort=odd", "/?group=odd", f"/?q={'x' * 5000}", "/?sort=&group=&q="):
        assert client.get(odd).status_code == 200


def test_a_page_has_a_bound_and_the_filter_reaches_beyond_it(
    cast: dict[str, User], browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MOST", 5)
    for number in range(8):
        make(f"quay-{number}")
    client = browser_of("dana")
    html = body(client)
    assert len(order(html)) == 5
    assert "3 more clusters not shown" in html
    assert order(body(client, "/?q=quay-7")) == ["quay-7"]


# --- hostile text


def test_no_text_of_a_cluster_becomes_markup(
    cast: dict[str, User], browser_of: Browser, harbour: Scripted
) -> None:
    labels = {TEXTS["script"]: TEXTS["image"], "env": TEXTS["script"]}
    Cluster.objects.filter(slug="harbour").update(name=TEXTS["script"], labels=labels)
    harbour.version = {"gitVersion": TEXTS["image"]}
    harbour.rows["pods"] = [pod(text) for text in TEXTS.values()]
    harbour.rows["events"] = [event(text) for text in TEXTS.values()]
    give(Cluster.objects.get(slug="harbour"), cast["dana"])
    Credential.objects.update(identity=TEXTS["script"])
    for path in ("/", "/?group=env", f"/?group={TEXTS['attribute']}", f"/?q={TEXTS['image']}"):
        html = body(browser_of("dana"), path)
        for markup in ("<img", "<script>alert", "<svg onload", "onmouseover='", "<div hx-", "{{ 7*7"):
            assert markup not in html.replace("hx-ext", ""), (path, markup)


# --- what the socket sends


@pytest.fixture
def opened(cast: dict[str, User], harbour: Scripted) -> Iterator[OverviewSubscription]:
    give(Cluster.objects.get(slug="harbour"), cast["dana"])
    make("cove")
    subscription = OverviewSubscription(board.open_board(cast["dana"]), Wish())
    subscription.start(lambda: None)
    yield subscription
    subscription.stop()


def sent(subscription: OverviewSubscription, text: str) -> str:
    """All that is sent until it holds the text."""
    heard = [""]

    def has_come() -> bool:
        heard[0] += subscription.render() or ""
        return text in heard[0]

    until(has_come)
    return heard[0]


def test_it_sends_a_row_only_when_it_changed(opened: OverviewSubscription, harbour: Scripted) -> None:
    first = sent(opened, "3 pods")
    assert 'data-state="live"' in first
    assert "cluster-cove" in first
    until(lambda: opened._board.counters()[0].is_settled)
    opened.render()
    before = len(harbour.lists("pods"))
    until(lambda: len(harbour.lists("pods")) > before + 2)
    assert opened.render() is None  # counted again, and nothing changed: nothing is sent, and nothing flashes
    harbour.rows["pods"] = [pod()] * 4
    later = sent(opened, "4 pods")
    assert "cluster-cove" not in later
    assert "data-order" not in later


def test_it_follows_the_filter_and_the_order(opened: OverviewSubscription) -> None:
    sent(opened, "3 pods")
    opened.renew("q=cove")
    assert 'data-order="cluster-cove"' in (opened.render() or "")
    opened.renew("sort=name&group=env")
    later = opened.render() or ""
    assert re.search(r'data-order="group-\w+ cluster-harbour group-none cluster-cove"', later)
    assert "env=production" in later


def test_a_page_that_shows_it_already_is_sent_no_row(
    cast: dict[str, User], browser_of: Browser, opened: OverviewSubscription
) -> None:
    sent(opened, "3 pods")
    found = re.search(r'data-window="(\w+)"', body(browser_of("dana")))
    assert found
    again = OverviewSubscription(board.open_board(cast["dana"]), Wish(), found[1])
    again.start(lambda: None)
    assert "cluster-harbour" not in (again.render() or "")
    again.stop()


def test_a_right_that_ends_takes_its_numbers_from_the_page(
    opened: OverviewSubscription, harbour: Scripted
) -> None:
    sent(opened, "3 pods")
    harbour.may = lambda token, ask: ask["resource"] == "nodes"
    later = sent(opened, "No accessible namespaces known yet")
    assert "No permission to list" in later
    assert "3 pods" not in later


def test_a_hidden_or_closed_page_looks_no_more(
    cast: dict[str, User], opened: OverviewSubscription, harbour: Scripted
) -> None:
    sent(opened, "3 pods")
    (counter,) = opened._board.counters()
    opened.pause(True)
    opened.pause(True)
    assert (len(counter.viewers), counter.waiting) == (0, 1)
    opened.pause(False)
    assert (len(counter.viewers), counter.waiting) == (1, 0)
    opened.pause(True)
    opened.stop()
    opened.stop()
    opened.pause(False)
    assert (len(counter.viewers), counter.waiting) == (0, 0)
    lost = board.open_board(cast["dana"])
    assert len(counter.viewers) == 1
    del lost  # a socket that ends before it was there
    assert counter.viewers == []


def test_at_sign_out_no_number_is_kept(opened: OverviewSubscription) -> None:
    sent(opened, "3 pods")
    before = len(counting.counters)
    opened.forget()
    assert len(counting.counters) == before - 1
