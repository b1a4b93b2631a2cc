"""Tabs and actions that a kind adds to its object pages, with the access review of each action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.address.paths import Address
from dashboard.frame.permissions import explain_result
from dashboard.kinds.kind import Kind
from dashboard.objects.opening import OpenObject


@dataclass(frozen=True)
class TabLink:
    """A link after Overview and YAML; `page` is what a view calls its `tab`."""

    page: str
    title: str
    url: str


@dataclass(frozen=True)
class ActionButton:
    """A button that leads to the form of a change; `reason` says why it is disabled."""

    title: str
    icon: str
    url: str
    is_denied: bool
    reason: str


def build_tabs(kind: Kind, address: Address) -> Sequence[TabLink]:
    """The kind's tabs for one object."""
    return [TabLink(tab.page, str(tab.title), address.path(tab.page)) for tab in kind.tabs]


def build_actions(kind: Kind, opened: OpenObject) -> Sequence[ActionButton]:
    """The kind's actions, reviewed together; what is denied is disabled, what is unknown can be tried."""
    address = opened.address
    if not kind.actions:
        return []
    checks = [
        opened.resource.attributes(action.verb, address.namespace, address.name, action.subresource)
        for action in kind.actions
    ]
    results = opened.cluster_session.review_access(checks)
    return [
        ActionButton(
            title=str(action.title),
            icon=action.icon,
            url=address.path(action.page),
            is_denied=results[check].state == "denied",
            reason=explain_result(opened.resource, action.verb, address.namespace, results[check]),
        )
        for action, check in zip(kind.actions, checks, strict=True)
    ]
