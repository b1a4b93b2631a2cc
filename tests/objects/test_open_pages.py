"""Object page: folds, use without JavaScript, and related objects that come and go."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.live.pages import expect_state, make_pod, open_as, remove_pod

__all__ = ["open_as"]

SECRET = "/c/harbour/shop/secrets/web"
VALUE = "correct-horse-battery-staple"
BIDI_CHARACTERS = ["\u202e", "\u2066", "\u200b", "\x1b"]


def test_a_group_of_kinds_reviews_permissions_when_it_is_unfolded(open_as):
    page = open_as("dana", "/c/harbour/shop/_kinds")
    group = page.locator("details.kind-group", has_text="example.com").first
    with page.expect_response(lambda answer: "group=example.com" in answer.url) as unfolded:
        group.locator("summary").click()
    assert unfolded.value.status == 200
    expect(group).to_contain_text("Not permitted")
    expect(group.get_by_role("link", name="Widget")).to_be_visible()


def test_all_of_an_object_is_there_without_a_script(open_as):
    page = open_as("dana", "/c/harbour/shop/deployments.apps/web", java_script_enabled=False)
    for text in (
        "RollingUpdate",
        "MinimumReplicasAvailable",
        "registry.example/shop/web:1.4.2",
        "Your permissions",
    ):
        expect(page.locator("main")).to_contain_text(text)
    page.locator(".tabs").get_by_role("link", name="YAML").click()
    expect(page.locator(".yaml")).to_contain_text("progressDeadlineSeconds")


def test_a_value_is_revealed_without_a_script_on_a_page_of_its_own(open_as):
    page = open_as("dana", SECRET, java_script_enabled=False)
    expect(page.locator("main")).not_to_contain_text(VALUE)
    page.get_by_role("button", name="Reveal password").click()
    expect(page.locator("main")).to_contain_text(VALUE)
    page.get_by_role("link", name="Back to the Secret").click()
    expect(page.locator("main")).not_to_contain_text(VALUE)


def test_one_value_replaces_the_one_before(open_as):
    page = open_as("dana", SECRET)
    page.get_by_role("button", name="Reveal password").click()
    expect(page.locator("#secret-value")).to_contain_text(VALUE)
    page.get_by_role("button", name="Reveal username").click()
    expect(page.locator("#secret-value")).not_to_contain_text(VALUE)


def test_a_viewer_gets_a_button_that_says_why_it_is_disabled(open_as):
    page = open_as("rita", SECRET)
    button = page.get_by_role("button", name="Reveal").first
    expect(button).to_be_disabled()
    assert "Viewer" in (button.get_attribute("title") or "")


def test_nothing_on_an_object_page_changes_text_direction(open_as):
    page = open_as("ada", "/c/harbour/hostile/configmaps/texts")
    text = page.locator("main").inner_text()
    assert not [sign for sign in BIDI_CHARACTERS if sign in text]
    assert "\\u202e" in text


def test_pods_of_a_deployment_come_and_go_on_its_page(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/deployments.apps/web")
    expect_state(page, "live")
    pods = page.locator("#object-lists section", has_text="Pods")
    expect(pods.locator("tbody tr")).to_have_count(3)
    try:
        controlplane.kubectl("scale", "deployment", "web", "-n", "shop", "--replicas=4")
        expect(pods.locator("tbody tr")).to_have_count(4)
        expect(page.locator("#object-facts")).to_contain_text("/4")
    finally:
        controlplane.kubectl("scale", "deployment", "web", "-n", "shop", "--replicas=3")
    expect(pods.locator("tbody tr")).to_have_count(3, timeout=30_000)


def test_yaml_follows_the_object(controlplane, open_as):
    make_pod(controlplane, "followed")
    page = open_as("dana", "/c/harbour/shop/pods/followed/yaml")
    expect_state(page, "live")
    controlplane.kubectl("label", "pod", "followed", "-n", "shop", "colour=ochre")
    expect(page.locator(".yaml")).to_contain_text("ochre")
    remove_pod(controlplane, "followed")
    expect(page.locator("main")).to_contain_text("This object has been deleted.")
