"""Audit coverage: every route that changes something writes an audit entry (class 27)."""

from __future__ import annotations

from tests.accounts import test_audit_entries as account_entries
from tests.attacks.database_state import diff, dump
from tests.attacks.installation import ADMINISTRATOR, Installation, roll_back
from tests.attacks.routes import list_routes
from tests.audit_trail import AuditTrail
from tests.clusters.pages import test_audit_entries as cluster_entries

# Each change is sent with a good form, and its rows are compared word by word, in these two files.
COMPARED = {f"clusters:{one.route}" for one in cluster_entries.CHANGES} | {
    f"accounts:{one.route}" for one in account_entries.CHANGES
}
# What they do goes to a cluster: the door records it (tests/clusters/door/).
AUDITED_BY_GATEWAY = {
    "resources:secret_value",
    "resources:action",
    "resources:edit",
    "resources:patch",
    "resources:create",
    "resources:short_form",
    "resources:drain_plan",
    "resources:drain_stop",
    "resources:drain_resume",
    "resources:files",
    "resources:terminal",
}
# Personal tokens: tests/passthrough reads their entries.
AUDITED_TOKENS = {"personal_tokens:tokens", "personal_tokens:revoke", "personal_tokens:revoke_any"}
# Runs of many such changes: tests/bulk reads their entries.
AUDITED_RUNS = {"bulk:confirm", "bulk:retry", "bulk:call_back"}
# Typed names of protected clusters: tests/actions/test_protected.py reads their entries.
AUDITED_LIFTS = {"resources:typed_names"}
UNRECORDED = {
    "resources:save_draft": "what somebody types and has not saved is nobody else's, and changes nothing",
    "resources:save_patch_draft": "the same",
    "resources:save_new_draft": "the same",
    "resources:draft": "the same: it is discarded",
    "terminal:end": "a terminal has an entry when it starts and one when it ends, whatever ended it",
    "personal_tokens:kubeconfig": "a file with what the person sends along",
    "shell:theme": "light or dark is a cookie of the browser, and nothing is kept of it here",
    "resources:cluster": "which namespaces one has opened decides nothing; the list that it leads to is loaded as ever",
}
FIELDS = {
    "global_role": "auditor",
    "role": "viewer",
    "name": "Another",
    "slug": "another",
    "team": "pay",
    "cluster": "harbour",
    "server": "https://127.0.0.1:9",
    "color": "red",
    "verify_tls": "on",
    "save_anyway": "yes",
    "namespace": "shop",
    "username": "eve",
    "password": "wrong-again",
}


def test_every_route_that_takes_more_than_reading_is_compared_or_named(installation: Installation) -> None:
    """A new route goes into CHANGES of one of the two files, or is named here with its reason."""
    writing = {route.name for route in installation.writing_routes()}
    audited = AUDITED_BY_GATEWAY | AUDITED_RUNS | AUDITED_TOKENS | AUDITED_LIFTS
    assert writing == COMPARED | audited | set(UNRECORDED)
    assert not COMPARED & (AUDITED_BY_GATEWAY | set(UNRECORDED))


def test_whatever_a_post_changed_there_is_an_entry(
    offline_installation: Installation, audit_trail: AuditTrail
) -> None:
    """By what stands in the database before and after, and not by what anybody says that a route does."""
    installation, changed, silent = offline_installation, set(), []
    form = {**FIELDS, "user": str(installation.users["stan"].pk)}
    before = dump()
    for route in list_routes():
        if "POST" not in installation.methods(route):
            continue
        for owner in (ADMINISTRATOR, "dana"):
            rows = audit_trail.list_rows().count()
            slug = {"slug": "harbour"} if route.name == "clusters:delete" else {}
            with roll_back():
                installation.browser(owner).post(installation.address(route, owner=owner), form | slug)
                changes = diff(before, dump())
            if changes:
                changed.add(route.name)
            if changes and audit_trail.list_rows().count() == rows and route.name not in UNRECORDED:
                silent.append(f"{route} as {owner} changed {changes}")
    assert not silent, "\n".join(silent)
    assert len(changed) > 20, sorted(changed)
