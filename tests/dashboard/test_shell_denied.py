"""The folded part of the menu: a reason that entries share is said once."""

from __future__ import annotations

from django.template.loader import render_to_string

from dashboard.shell.navigation import Entry, Group

NO_ROLE = "No role grants you “list” cluster-wide."


def denied(label: str, reason: str) -> Entry:
    return Entry(label, "/x/", state="denied", reason=reason)


def menu(*entries: Entry) -> str:
    return render_to_string("parts/navigation.html", {"navigation": [Group("Cluster", list(entries))]})


def test_it_says_a_shared_reason_once_above_the_list():
    page = menu(denied("Nodes", NO_ROLE), denied("Namespaces", NO_ROLE), denied("Leases", "webhook: no"))
    assert page.count(NO_ROLE) == 1
    assert page.index(NO_ROLE) < page.index("Nodes")
    assert page.count("<small>webhook: no</small>") == 1


def test_it_leaves_a_reason_of_its_own_with_its_entry():
    page = menu(denied("Nodes", NO_ROLE), denied("Leases", "webhook: no"))
    assert f"<small>{NO_ROLE}</small>" in page
    assert "<small>webhook: no</small>" in page


def test_entries_that_can_be_used_are_links_and_denied_ones_are_not():
    page = menu(Entry("Pods", "/pods/"), denied("Nodes", NO_ROLE), Entry("Jobs", "/jobs/", state="unknown"))
    assert 'href="/pods/"' in page
    assert 'href="/jobs/"' in page
    assert "Access unknown" in page
    assert 'href="/x/"' not in page
