"""Action table: the page of each action, found by the kind of its object and the last segment of its URL."""

from __future__ import annotations

from dashboard.actions import (
    batch,
    container_resources,
    debugging,
    deletion,
    entries,
    jobs,
    node_shell,
    node_terms,
    nodes,
    undo,
    workloads,
)
from dashboard.actions.action_page import ActionPage
from dashboard.kinds.kind import Kind
from dashboard.objects.kind_pages import list_actions

PAGES: tuple[ActionPage, ...] = (
    *workloads.PAGES,
    *entries.PAGES,
    *container_resources.PAGES,
    undo.PAGE,
    *batch.PAGES,
    *jobs.PAGES,
    *nodes.PAGES,
    *node_terms.PAGES,
    *debugging.PAGES,
    node_shell.PAGE,
    deletion.PAGE,
)


def find_page(kind: Kind, segment: str) -> ActionPage | None:
    """The page behind a segment; None where the kind has no such action."""
    found = next((action for action in list_actions(kind) if action.page == segment), None)
    return next((page for page in PAGES if page.action is found), None)
