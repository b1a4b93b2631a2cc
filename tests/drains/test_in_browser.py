"""Drains in a real browser: the plan, the live page in light and dark, wide and narrow, stop and resume by button."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.drains.nodes import build_budget, build_pod, list_pods, make_owner, wait_until_running

LABELS = {"app": "guarded"}
LOOKS = (("light", 1440), ("dark", 360))


def check_look(page, name: str) -> None:
    """In both themes and widths; the pictures are kept where QUARTERDECK_SHOTS says."""
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("QUARTERDECK_SHOTS"):
            page.screenshot(path=str(Path(folder) / f"{name}-{theme}-{width}.png"), full_page=True)


def test_a_drain_is_planned_watched_stopped_and_resumed(controlplane, open_as, namespaces, nodes):
    namespace, node = namespaces[0], nodes[0]
    owner = make_owner(controlplane, namespace)
    controlplane.create(
        [
            build_pod(namespace, "web-0", node, owner=owner, labels=LABELS),
            build_pod(namespace, "web-1", node, owner=owner, labels=LABELS, has_empty_dir=True),
            build_pod(namespace, "free", node, owner=owner),
            build_pod(namespace, "alone", node),
        ]
    )
    wait_until_running(controlplane, node, 4)
    controlplane.create([build_budget(namespace, "guard", minimum=2, labels=LABELS)])
    page = open_as("ada", f"/c/harbour/_cluster/nodes/{node}")
    page.get_by_role("link", name="Drain", exact=True).click()
    main = page.locator("main")
    expect(main).to_contain_text(
        f"cannot delete Pods that declare no controller (use --force to override): {namespace}/alone"
    )
    expect(page.get_by_role("button", name="Drain")).to_be_disabled()
    check_look(page, "plan-errors")
    page.get_by_label("Evict pods without a controller").check()
    page.get_by_label("Evict pods with emptyDir volumes").check()
    page.get_by_role("button", name="Update plan").click()
    expect(main).to_contain_text("Data lost: scratch")
    expect(main).to_contain_text("Blocked now")
    check_look(page, "plan")
    page.get_by_role("button", name="Drain").click()
    rows = page.locator("#drain-rows")
    expect(rows).to_contain_text("Blocked by guard", timeout=10_000)
    expect(main).to_contain_text(f"PodDisruptionBudget guard in namespace {namespace} blocks 2 pods.")
    expect(rows.locator("tr").filter(has_text="free")).to_contain_text("Evicted", timeout=20_000)
    check_look(page, "running")
    page.get_by_role("button", name="Stop").click()
    expect(main).to_contain_text("Stopped by ada.", timeout=10_000)
    check_look(page, "stopped")
    page.get_by_role("button", name="Resume").click()
    expect(rows).to_contain_text("Blocked by guard", timeout=10_000)
    controlplane.kubectl("delete", "poddisruptionbudget", "guard", "-n", namespace)
    expect(page.locator("#drain-summary")).to_contain_text("Done", timeout=20_000)
    check_look(page, "done")
    assert list_pods(controlplane, node) == set()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#drain-summary").get_by_role("link", name=node).click()
    page.locator(".tabs").get_by_role("link", name="Drains").click()
    expect(main).to_contain_text("Done")
    check_look(page, "list")
    assert list_console_errors(page) == []
