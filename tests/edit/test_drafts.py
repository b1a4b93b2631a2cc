"""Drafts of the edit page: kept while one types, offered again, encrypted, bounded, and without values of Secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clusters.changes import drafts
from clusters.changes.drafts import LIFETIME, MOST, DraftContent, DraftUnavailable
from clusters.changes.objects import Version
from clusters.models import Cluster, Draft, Share
from dashboard.edit.drafts import leave_out_values, pack_base, unpack_base
from dashboard.kinds.table import find_slug
from people.models import Membership, Team, User
from tests.axe import find_violations
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import EditPage, open_editor
from tests.edit.test_in_browser import replace_text
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
CONFIG_MAP = "/c/harbour/shop/configmaps/drafted"
CANARY = "canary-draft-value"


@pytest.fixture
def drafted(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.kubectl("create", "configmap", "drafted", "-n", "shop", "--from-literal=color=teal")
    yield controlplane
    controlplane.kubectl("delete", "configmap", "drafted", "-n", "shop", "--ignore-not-found")


def keep(page: EditPage, text: str) -> int:
    """Send what is typed as the page's script does."""
    return EditPage(page.client, f"{page.url}/draft", page.answer).send(text, **page.fields).status


def type_into(page: Page, text: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def discard_all(page: Page, url: str) -> None:
    page.goto(f"{url}/c/_drafts")
    buttons = page.get_by_role("button", name="Discard")
    for left in reversed(range(buttons.count())):
        buttons.first.click()
        expect(buttons).to_have_count(left)


def test_what_is_typed_survives_reload_sign_out_and_a_closed_page(
    drafted: ControlPlane, open_as: Opener, new_page: Callable[..., Page]
) -> None:
    page = open_as("dana", f"{CONFIG_MAP}/edit")
    type_into(page, "\n# typed by dana")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved at")
    page.reload()
    offer = page.locator(".notice").filter(has_text="You have unsaved changes from")
    expect(offer).to_be_visible()
    expect(page.locator(".cm-content")).not_to_contain_text("typed by dana")
    type_into(page, "\n# another beginning")  # does not replace what is offered
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved at")
    assert find_violations(page) == []
    page.close()

    page = open_as("dana", f"{CONFIG_MAP}/edit")
    expect(page.locator(".notice").filter(has_text="You have unsaved changes from")).to_have_count(2)
    page.get_by_role("link", name="Restore").last.click()
    expect(page.locator(".cm-content")).to_contain_text("typed by dana")
    expect(page.locator("main")).to_contain_text("Draft restored")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("main")).to_contain_text("Draft discarded.")
    page.get_by_role("link", name="Restore").click()
    replace_text(page, "color: teal", "color: coral")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Saved drafted.")
    page.goto(f"{open_as.served.url}/c/_drafts")
    expect(page.locator("main")).not_to_contain_text("configmaps/drafted")
    assert find_violations(page) == []


def test_a_page_that_cannot_keep_says_so_and_keeps_after_signing_in_again(
    drafted: ControlPlane, open_as: Opener
) -> None:
    page = open_as("dana", f"{CONFIG_MAP}/edit")
    page.context.clear_cookies()
    type_into(page, "\n# after the session")
    expect(page.locator("[data-draft-state]")).to_contain_text("in this page alone")
    expect(page.locator("#session-ended")).to_be_visible()
    open_as.served.sign_in(page.context, "dana")
    page.locator("[data-session-retry]").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved at")
    discard_all(page, open_as.served.url)


def test_without_scripts_a_review_keeps_the_text_and_a_dead_session_or_token_shows_it(
    drafted: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    typed = page.text.replace("color: teal", f"color: {CANARY}")
    wrong = page.send(typed, csrfmiddlewaretoken="x" * 64)
    assert (wrong.status, CANARY in wrong.html) == (403, True)
    foreign = page.client.post(page.url, data={"text": CANARY}, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, CANARY in foreign.text) == (403, False)
    invalid = page.review(f"{typed}\n: [")
    assert invalid.status == 422
    again = open_editor(dashboard_server, "dana", CONFIG_MAP)
    assert "You have unsaved changes from" in again.html
    key = invalid.fields["draft"]
    restored = EditPage(page.client, page.url, page.client.get(f"{page.url}?draft={key}"))
    assert restored.text.startswith(typed)
    drafted.kubectl("delete", "configmap", "drafted", "-n", "shop")
    gone = restored.review(typed)
    assert gone.status == 404
    assert gone.text == typed
    assert typed in gone.client.get(f"{dashboard_server.url}/c/_drafts/{key}").text.replace("&#x27;", "'")
    page.client.post(
        f"{dashboard_server.url}/c/_drafts/{key}", data={"csrfmiddlewaretoken": gone.fields["csrfmiddlewaretoken"]},
        headers={"Referer": page.url},
    )  # fmt: skip
    assert gone.client.get(f"{dashboard_server.url}/c/_drafts/{key}").status_code == 404
    token = gone.fields["csrfmiddlewaretoken"]
    for cookie in [one for one in gone.client.cookies if "session" in one.name]:
        gone.client.cookies.clear(cookie.domain, cookie.path, cookie.name)
    ended = gone.send(typed, csrfmiddlewaretoken=token)
    assert (ended.status, CANARY in ended.html) == (401, True)


@pytest.mark.parametrize("name", ["rene", "aude", "stan"])
def test_who_cannot_edit_cannot_write_a_draft(
    drafted: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    editor = open_editor(dashboard_server, "dana", CONFIG_MAP)
    client = dashboard_server.client(name)
    token = client.get(f"{dashboard_server.url}/people/me/").text.split('name="csrfmiddlewaretoken" value="')[
        1
    ][:64]
    fields = {**editor.fields, "csrfmiddlewaretoken": token, "text": "typed"}
    answer = client.post(f"{editor.url}/draft", data=fields, headers={"Referer": editor.url})
    assert answer.status_code == (404 if name == "stan" else 403)
    assert "There are none." in client.get(f"{dashboard_server.url}/c/_drafts").text


def test_a_draft_of_a_secret_has_no_values(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    controlplane.kubectl("create", "secret", "generic", "drafted", "-n", "shop", "--from-literal=word=old")
    try:
        page = open_editor(dashboard_server, "dana", "/c/harbour/shop/secrets/drafted")
        typed = page.text.replace("type: Opaque", f"stringData:\n  word: {CANARY}\n# {CANARY}\ntype: Opaque")
        assert keep(page, typed) == 200
        assert keep(page, f"{typed}\n: [ {CANARY}") == 422
        shown = page.client.get(f"{page.url}?draft={page.fields['draft']}")
        restored = EditPage(page.client, page.url, shown)
        assert CANARY not in restored.html
        assert 'word: "‹hidden: 3 bytes›"' in restored.text
        assert 'word: "‹not kept: type it again›"' in restored.text
        assert "type them again" in restored.html
        refused = restored.review(restored.text)
        assert (refused.status, "cannot be copied" in refused.html) == (422, True)
        accepted = restored.review(restored.text.replace("‹not kept: type it again›", "new"))
        assert accepted.save().status == 302
        secret = json.loads(controlplane.kubectl("get", "secret", "drafted", "-n", "shop", "-o", "json"))
        assert secret["data"] == {"word": "bmV3"}
    finally:
        controlplane.kubectl("delete", "secret", "drafted", "-n", "shop")


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {b: %s}}\ndata: {c: %s}\n"
LIST = (
    "apiVersion: v1\nkind: %s\nitems:\n- metadata: {name: a}\n  kind: %s\n  apiVersion: v1\n  data: {c: %s}\n"
)


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("configmaps", SECRET % (CANARY, CANARY)),
        ("configmaps", "a: b\n---\n" + SECRET % (CANARY, CANARY)),
        ("configmaps", LIST % ("List", "Secret", CANARY)),
        ("configmaps", (LIST % ("SecretList", "", CANARY)).replace("  kind: \n", "")),
        ("configmaps", SECRET % (CANARY, CANARY) + ": ["),
        ("secrets", f"kind: ConfigMap\ndata: {{a: {CANARY}}}\n"),
        ("secrets", f"- {CANARY}\n"),
        ("secrets", CANARY),
        ("secrets", f"data: {{a: [{CANARY}]}}\n{CANARY}: : :"),
        ("secrets", f"# {CANARY}\nimmutable: true\n"),
        ("secrets", f"data: {{a: '‹hidden: 3 bytes› {CANARY}'}}\n"),
    ],
)
def test_values_of_secrets_are_left_out_wherever_they_are_typed(slug: str, text: str) -> None:
    assert CANARY in text
    assert CANARY not in (leave_out_values(text, find_slug(slug)) or "")


def test_other_texts_are_kept_as_they_are() -> None:
    for text in ("a: b # c\n", ": [", "", "data: {kind: x}\n"):
        assert leave_out_values(text, find_slug("configmaps")) == text
    assert unpack_base(pack_base("a: ü\n")) == "a: ü\n"
    assert [unpack_base(one) for one in ("", "!", "YWJj", pack_base("x" * (4 * 1024 * 1024)))] == [""] * 4


@pytest.fixture
def owner(db: None) -> User:
    user = User.objects.create(username="drafter")
    team = Team.objects.create(slug="drafters", name="Drafters")
    Membership.objects.create(user=user, team=team, role="editor")
    Share.objects.create(
        team=team, cluster=Cluster.objects.create(slug="drafts", name="Drafts", server="https://127.0.0.1:9")
    )
    return user


def write(user: User, key: UUID | None = None, text: str = CANARY) -> UUID:
    key = key or uuid4()
    cluster = Cluster.objects.get(slug="drafts")
    drafts.save_draft(user, cluster, "shop/configmaps/a", key, DraftContent(text, "base", Version("1", "u")))
    return key


def test_a_draft_is_bound_to_its_row_owner_cluster_and_page(owner: User) -> None:
    draft = drafts.find_draft(owner, write(owner))
    assert drafts.open_draft(draft) == DraftContent(CANARY, "base", Version("1", "u"))
    assert CANARY.encode() not in bytes(draft.sealed)
    other = User.objects.create(username="other")
    for field, value in (
        ("user_id", other.pk),
        ("page", "shop/configmaps/b"),
        ("id", uuid4()),
        ("cluster_id", 0),
    ):
        moved = drafts.find_draft(owner, draft.pk)
        setattr(moved, field, value)
        with pytest.raises(DraftUnavailable):
            drafts.open_draft(moved)
    with pytest.raises(DraftUnavailable):
        write(other, draft.pk)
    with pytest.raises(DraftUnavailable):
        drafts.find_draft(other, draft.pk)
    drafts.delete_draft(other, draft.pk)
    assert drafts.find_draft(owner, draft.pk)


def test_the_oldest_go_beyond_twenty_and_all_after_seven_days(owner: User) -> None:
    first = write(owner)
    rest = [write(owner) for _number in range(MOST)]
    assert {one.pk for one in drafts.list_drafts(owner)} == set(rest)
    assert first not in set(Draft.objects.values_list("pk", flat=True))
    Draft.objects.filter(pk=rest[0]).update(saved_at=timezone.now() - LIFETIME - timedelta(seconds=1))
    with pytest.raises(DraftUnavailable):
        drafts.find_draft(owner, rest[0])
    write(owner, rest[1], "again")
    assert not Draft.objects.filter(pk=rest[0]).exists()
    assert drafts.open_draft(drafts.find_draft(owner, rest[1])).text == "again"


def test_a_request_that_comes_late_does_not_bring_back_what_was_saved(owner: User) -> None:
    key = write(owner)
    drafts.close_draft(owner, key)
    assert list(drafts.list_drafts(owner)) == []
    assert bytes(Draft.objects.get(pk=key).sealed) == b""
    cluster, content = Cluster.objects.get(slug="drafts"), DraftContent("late", "", Version("1", "u"))
    with pytest.raises(DraftUnavailable):
        drafts.save_draft(owner, cluster, "shop/configmaps/a", key, content, is_late=True)
    write(owner, key, "typed anew")
    assert drafts.open_draft(drafts.find_draft(owner, key)).text == "typed anew"
    drafts.close_draft(owner, key)
    Draft.objects.update(saved_at=timezone.now() - drafts.LATEST)
    write(owner)
    assert not Draft.objects.filter(pk=key).exists()


def test_drafts_go_with_the_person_and_with_the_cluster_and_are_hidden_where_it_is_no_longer_shared(
    owner: User,
) -> None:
    write(owner)
    Share.objects.all().delete()
    assert list(drafts.list_drafts(owner)) == []
    assert Draft.objects.count() == 1
    Cluster.objects.get(slug="drafts").delete()
    assert Draft.objects.count() == 0
