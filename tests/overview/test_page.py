"""Overview page before any cluster has responded, for each user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from clusters.api.connection import Identity
from clusters.counting import counters as counting
from clusters.counting.timings import CountingTimings
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, Credential, Share
from dashboard.overview import board
from dashboard.overview.live import OverviewSubscription
from dashboard.overview.query import OverviewQuery
from dashboard.timings import OverviewTimings, Timings
from people.models import Team, User
from tests.clusters.counting.scripted_cluster import ScriptedCluster as Scripted
from tests.clusters.counting.scripted_cluster import event_row, node_row, pod_row, wait_until
from tests.controlplane.hostile import TEXTS
from tests.live.updates import render_html
from tests.overview.conftest import ClientFor

UNREACHABLE = "https://127.0.0.1:1"


def create_cluster(slug: str, *, name: str = "", team: str = "shop", **fields: object) -> Cluster:
    defaults: dict[str, object] = {"server": UNREACHABLE, "name": name or slug.title()}
    made = Cluster.objects.create(slug=slug, **{**defaults, **fields})
    Share.objects.create(cluster=made, team=Team.objects.get(slug=team))
    return made


def store_credential(
    cluster: Cluster, user: User, token: str = "", *, ends: timedelta | None = None
) -> Credential:
    """A credential that nobody tried."""
    who = WhoAmI(user.username, "", (), {}, timezone.now() + ends if ends is not None else None)
    return save_credential(cluster, Owner(user=user), Identity(token=token or user.username), who)


def fetch_body(client: Client, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def list_row_ids(html: str) -> list[str]:
    """The rows' ids."""
    return re.findall(r'<tr id="(?:cluster-)?([\w-]+)"', html)


@pytest.fixture
def scripted_cluster(users: dict[str, User], settings: Settings) -> Iterator[Scripted]:
    """A healthy cluster that team shop sees, counted in a hurry."""
    settings.TIMINGS = Timings(
        counting=CountingTimings(poll=0.3, retry=0.2, unauthorized_retry=0.2, sweep=0.05, grace=0.2),
        overview=OverviewTimings(first_counts=20.0),  # a busy machine takes its time
    )
    with Scripted() as server:
        server.rows |= {"pods": [pod_row()] * 3, "nodes": [node_row()], "events": [event_row("BackOff")]}
        create_cluster("harbour", server=server.url, ca=server.ca, labels={"env": "production"})
        yield server


# --- who sees what


def test_who_is_not_signed_in_is_redirected_to_sign_in(client_for: ClientFor) -> None:
    answer = client_for().get("/?q=a b")
    assert (answer.status_code, answer["Location"]) == (302, "/people/sign-in/?next=%2F%3Fq%3Da%2520b")


def test_it_only_reads(client_for: ClientFor) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client_for("ada"), method)("/").status_code == 405


def test_it_shows_nothing_of_clusters_that_are_not_shared_with_the_person(
    users: dict[str, User], client_for: ClientFor
) -> None:
    create_cluster("secret", name="Secret harbour", team="pay", labels={"env": "unseen-tier"})
    for name in ("dana", "rene", "aude", "stan"):
        for path in ("/", "/?q=secret", "/?group=env", "/?plain=1"):
            html = fetch_body(client_for(name), path)
            assert "Secret harbour" not in html
            assert "unseen-tier" not in html
    assert "Secret harbour" in fetch_body(client_for("dora"))
    assert "Secret harbour" in fetch_body(client_for("ada"))


def test_each_global_role_sees_how_to_begin(users: dict[str, User], client_for: ClientFor) -> None:
    administrator = fetch_body(client_for("ada"))
    assert 'href="/clusters/add/"' in administrator
    assert 'href="/people/teams/"' in administrator
    member = fetch_body(client_for("dana"))
    assert "Shop (Editor)" in member
    assert "Ask an administrator for access: ada." in member
    assert 'href="/clusters/import/"' in member
    assert 'href="/clusters/add/"' not in member
    assert "You are not in a team yet" in fetch_body(client_for("stan"))
    auditor = fetch_body(client_for("aude"))
    assert "As an auditor, you have read-only access" in auditor
    assert "/clusters/import/" not in auditor


# --- what a row says where nothing can be asked


def test_what_is_missing_is_said_with_the_button_that_mends_it(
    users: dict[str, User], client_for: ClientFor
) -> None:
    create_cluster("cove")
    store_credential(create_cluster("tide"), users["dana"], ends=-timedelta(hours=2))
    broken = store_credential(create_cluster("wreck"), users["dana"])
    Credential.objects.filter(pk=broken.pk).update(sealed=b"not ours")
    html = fetch_body(client_for("dana"))
    for said in ("You have no credential", "has expired", "cannot be decrypted"):
        assert said in html
    assert list_row_ids(html) == ["tide", "wreck", "cove"]  # what was never added is no notice
    for slug in ("cove", "tide", "wreck"):
        assert re.search(rf'class="button small primary" href="/clusters/{slug}/credential/"', html)


def test_a_teams_credential_is_renewed_by_who_may(users: dict[str, User], client_for: ClientFor) -> None:
    cluster = create_cluster("tide")
    who = WhoAmI("viewer", "", (), {}, timezone.now() - timedelta(hours=2))
    save_credential(cluster, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), who)
    assert "/clusters/tide/teams/shop/credential/" in fetch_body(client_for("ada"))
    member = fetch_body(client_for("dana"))
    assert "/clusters/tide/teams/" not in member
    assert "shared by team Shop" in member
    assert "Add credential" in member


def test_a_credential_that_ends_soon_says_so_and_can_be_renewed(
    users: dict[str, User], client_for: ClientFor, scripted_cluster: Scripted
) -> None:
    store_credential(Cluster.objects.get(slug="harbour"), users["dana"], ends=timedelta(days=2))
    html = fetch_body(client_for("dana"))
    assert "1 needs attention" in html
    assert re.search(r"Expires <time [^>]*>in 47h</time>", html)
    assert re.search(r'<a class="button small" href="/clusters/harbour/credential/">Renew', html)


# --- order, filter, groups


def test_the_address_holds_order_words_and_groups(users: dict[str, User], client_for: ClientFor) -> None:
    for slug, labels in (("a-dev", {"env": "dev"}), ("b-prod", {"env": "production"}), ("c-none", {})):
        create_cluster(slug, labels=labels)
    store_credential(Cluster.objects.get(slug="c-none"), users["dana"], ends=-timedelta(hours=1))
    client = client_for("dana")
    assert list_row_ids(fetch_body(client)) == ["c-none", "a-dev", "b-prod"]
    assert list_row_ids(fetch_body(client, "/?sort=name")) == ["a-dev", "b-prod", "c-none"]
    assert list_row_ids(fetch_body(client, "/?q=env%3Dprod")) == ["b-prod"]
    assert list_row_ids(fetch_body(client, "/?q=credential+expired")) == ["c-none"]
    grouped = list_row_ids(fetch_body(client, "/?group=env&sort=name"))
    assert [row for row in grouped if not row.startswith("group")] == ["a-dev", "b-prod", "c-none"]
    assert grouped[-2:] == ["group-none", "c-none"]
    nothing = fetch_body(client, "/?q=nothing")
    assert "No clusters match the filter." in nothing
    for odd in ("/?sort=odd", "/?group=odd", f"/?q={'x' * 5000}", "/?sort=&group=&q="):
        assert client.get(odd).status_code == 200


def test_a_page_has_a_bound_and_the_filter_reaches_beyond_it(
    users: dict[str, User], client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MAX_CLUSTERS", 5)
    for number in range(8):
        create_cluster(f"quay-{number}")
    client = client_for("dana")
    html = fetch_body(client)
    assert len(list_row_ids(html)) == 5
    assert "3 more clusters not shown" in html
    assert list_row_ids(fetch_body(client, "/?q=quay-7")) == ["quay-7"]


# --- hostile text


def test_no_text_of_a_cluster_becomes_markup(
    users: dict[str, User], client_for: ClientFor, scripted_cluster: Scripted
) -> None:
    labels = {TEXTS["script"]: TEXTS["image"], "env": TEXTS["script"]}
    Cluster.objects.filter(slug="harbour").update(name=TEXTS["script"], labels=labels)
    scripted_cluster.version = {"gitVersion": TEXTS["image"]}
    scripted_cluster.rows["pods"] = [pod_row(text) for text in TEXTS.values()]
    scripted_cluster.rows["events"] = [event_row(text) for text in TEXTS.values()]
    store_credential(Cluster.objects.get(slug="harbour"), users["dana"])
    Credential.objects.update(identity=TEXTS["script"])
    for path in ("/", "/?group=env", f"/?group={TEXTS['attribute']}", f"/?q={TEXTS['image']}"):
        html = fetch_body(client_for("dana"), path)
        for markup in ("<img", "<script>alert", "<svg onload", "onmouseover='", "<div hx-", "{{ 7*7"):
            assert markup not in html.replace("hx-ext", ""), (path, markup)


# --- what the socket sends


@pytest.fixture
def open_subscription(users: dict[str, User], scripted_cluster: Scripted) -> Iterator[OverviewSubscription]:
    store_credential(Cluster.objects.get(slug="harbour"), users["dana"])
    create_cluster("cove")
    subscription = OverviewSubscription(board.open_board(users["dana"]), OverviewQuery())
    subscription.start(lambda: None)
    yield subscription
    subscription.stop()


def render_until(subscription: OverviewSubscription, text: str) -> str:
    """All that is sent until it holds the text."""
    heard = [""]

    def has_come() -> bool:
        heard[0] += render_html(subscription)
        return text in heard[0]

    wait_until(has_come)
    return heard[0]


def test_it_sends_a_row_only_when_it_changed(
    open_subscription: OverviewSubscription, scripted_cluster: Scripted
) -> None:
    first = render_until(open_subscription, "3 pods")
    assert 'data-state="live"' in first
    assert "cluster-cove" in first
    wait_until(lambda: open_subscription._board.counters()[0].is_settled)
    open_subscription.render()
    before = len(scripted_cluster.list_queries("pods"))
    wait_until(lambda: len(scripted_cluster.list_queries("pods")) > before + 2)
    assert (
        open_subscription.render() is None
    )  # counted again, and nothing changed: nothing is sent, and nothing flashes
    scripted_cluster.rows["pods"] = [pod_row()] * 4
    later = render_until(open_subscription, "4 pods")
    assert "cluster-cove" not in later
    assert "data-order" not in later


def test_it_follows_the_filter_and_the_order(open_subscription: OverviewSubscription) -> None:
    render_until(open_subscription, "3 pods")
    open_subscription.renew("q=cove")
    assert 'data-order="cluster-cove"' in render_html(open_subscription)
    open_subscription.renew("sort=name&group=env")
    later = render_html(open_subscription)
    assert re.search(r'data-order="group-\w+ cluster-harbour group-none cluster-cove"', later)
    assert "env=production" in later


def test_a_page_that_shows_it_already_is_sent_no_row(
    users: dict[str, User], client_for: ClientFor, open_subscription: OverviewSubscription
) -> None:
    render_until(open_subscription, "3 pods")
    found = re.search(r'data-window="(\w+)"', fetch_body(client_for("dana")))
    assert found
    again = OverviewSubscription(board.open_board(users["dana"]), OverviewQuery(), found[1])
    again.start(lambda: None)
    assert "cluster-harbour" not in render_html(again)
    again.stop()


def test_a_removed_permission_takes_its_numbers_from_the_page(
    open_subscription: OverviewSubscription, scripted_cluster: Scripted
) -> None:
    render_until(open_subscription, "3 pods")
    scripted_cluster.is_allowed = lambda token, ask: ask["resource"] == "nodes"
    later = render_until(open_subscription, "No accessible namespaces known yet")
    assert "No permission to list" in later
    assert "3 pods" not in later


def test_a_hidden_or_closed_page_polls_no_longer(
    users: dict[str, User], open_subscription: OverviewSubscription, scripted_cluster: Scripted
) -> None:
    render_until(open_subscription, "3 pods")
    (counter,) = open_subscription._board.counters()
    open_subscription.pause(True)
    open_subscription.pause(True)
    assert (len(counter.viewers), counter.waiting) == (0, 1)
    open_subscription.pause(False)
    assert (len(counter.viewers), counter.waiting) == (1, 0)
    open_subscription.pause(True)
    open_subscription.stop()
    open_subscription.stop()
    open_subscription.pause(False)
    assert (len(counter.viewers), counter.waiting) == (0, 0)
    lost = board.open_board(users["dana"])
    assert len(counter.viewers) == 1
    del lost  # a socket that ends before it was there
    assert counter.viewers == []


def test_at_sign_out_no_number_is_kept(open_subscription: OverviewSubscription) -> None:
    render_until(open_subscription, "3 pods")
    before = len(counting.counters)
    open_subscription.forget()
    assert len(counting.counters) == before - 1
