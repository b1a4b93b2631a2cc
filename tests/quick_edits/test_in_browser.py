"""Quick edits in a real browser: from the object's page to what changed, in both themes and widths."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.controlplane.controlplane import ControlPlane
from tests.live.pages import Opener


def look(page: Page) -> None:
    for theme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dana_edits_labels_and_keys_from_the_objects_page(
    controlplane: ControlPlane, namespaces: tuple[str, str], open_as: Opener
) -> None:
    ours, _theirs = namespaces
    controlplane.kubectl(
        "create", "configmap", "shown", "-n", ours, "--from-literal=color=teal", "--from-literal=text=a\nb\n"
    )
    controlplane.kubectl("label", "configmap", "shown", "app.kubernetes.io/name=web", "-n", ours)
    page = open_as("dana", f"/c/harbour/{ours}/configmaps/shown")
    page.get_by_role("link", name="Labels").click()
    look(page)
    page.get_by_label("app.kubernetes.io/name", exact=True).fill("shop")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Labels and annotations of shown were changed.")
    page.get_by_role("link", name="Edit keys").click()
    look(page)
    page.get_by_label("color", exact=True).fill("coral")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("The keys of shown were changed.")
    found = controlplane.kubectl(
        "get", "configmap", "shown", "-n", ours, "-o", "jsonpath={.data.color} {.metadata.labels}"
    )
    assert found == 'coral {"app.kubernetes.io/name":"shop"}'
    page.get_by_role("link", name="Copy", exact=True).click()
    look(page)


def test_ada_sees_what_a_resize_changes_on_the_node(
    controlplane: ControlPlane, namespaces: tuple[str, str], open_as: Opener
) -> None:
    ours, _theirs = namespaces
    controlplane.kubectl("run", "shown", "--image=example.com/main:1", "-n", ours)
    controlplane.kubectl("wait", "--for=condition=Ready", "pod/shown", "-n", ours, "--timeout=60s")
    page = open_as("ada", f"/c/harbour/{ours}/pods/shown")
    page.get_by_role("link", name="Resize").click()
    expect(page.locator("main")).to_contain_text("cores requested")
    look(page)
