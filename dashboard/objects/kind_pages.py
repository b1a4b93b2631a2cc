"""Tabs and actions of object pages: those of the kind and those of every kind, with the access review of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clusters.access.reviews import ReviewResult
from clusters.api.resource_attributes import ResourceAttributes
from clusters.discovery import Resource
from dashboard.address.paths import Address
from dashboard.frame.permissions import explain_result
from dashboard.kinds.actions import DELETE, LABELS, SCALE
from dashboard.kinds.kind import ROLLOUT_PAGE, Action, Kind
from dashboard.objects.opening import OpenObject
from dashboard.objects.rollout_summary import Badge


@dataclass(frozen=True)
class TabLink:
    """A link after Overview and YAML; `page` is what a view calls its `tab`, `badge` what stands beside its title."""

    page: str
    title: str
    url: str
    badge: Badge | None = None


@dataclass(frozen=True)
class ActionButton:
    """A button that leads to the page of an action; `reason` says why it is disabled."""

    title: str
    icon: str
    url: str
    is_denied: bool
    reason: str
    is_dangerous: bool = False


def build_tabs(kind: Kind, address: Address, rollout_badge: Badge | None = None) -> Sequence[TabLink]:
    """The kind's tabs for one object."""
    return [
        TabLink(
            tab.page,
            str(tab.title),
            address.path(tab.page),
            rollout_badge if tab.page == ROLLOUT_PAGE else None,
        )
        for tab in kind.tabs
    ]


def find_rollout_path(kind: Kind, address: Address) -> str:
    """Where a change of the pod template is followed: the rollout page of kinds that have one, else the object's."""
    has_rollout = any(tab.page == ROLLOUT_PAGE for tab in kind.tabs)
    return address.path(ROLLOUT_PAGE if has_rollout else "")


def list_actions(kind: Kind) -> Sequence[Action]:
    """The kind's own actions, and those of every kind."""
    return (SCALE, *kind.actions, LABELS, DELETE)


@dataclass(frozen=True)
class ActionCheck:
    """What an action's change is authorized as, of which resource; and with `explain` what a review of it means."""

    action: Action
    resource: Resource
    attributes: ResourceAttributes

    def explain(self, result: ReviewResult) -> str:
        return explain_result(
            self.resource, self.action.verb, self.attributes.namespace, result, self.action.subresource
        )


def find_check(action: Action, opened: OpenObject) -> ActionCheck | None:
    """The review of an action; None where the cluster does not serve what it needs."""
    resource, address = opened.resource, opened.address
    if action.made is not None:
        group, plural = action.made
        made = opened.links.catalog.find(f"{plural}.{group}" if group else plural)
        if made is None or action.verb not in made.verbs:
            return None
        return ActionCheck(action, made, made.attributes(action.verb, address.namespace))
    served = (
        action.subresource in resource.subresources if action.subresource else action.verb in resource.verbs
    )
    if not served:
        return None
    attributes = resource.attributes(action.verb, address.namespace, address.name, action.subresource)
    return ActionCheck(action, resource, attributes)


def build_actions(kind: Kind, opened: OpenObject) -> Sequence[ActionButton]:
    """All actions of an object; see `build_buttons`."""
    return build_buttons(list_actions(kind), opened)


def list_applying(kind: Kind, opened: OpenObject) -> Sequence[Action]:
    """Those for which there is something to do now; none once the object is gone."""
    return _select_applying(list_actions(kind), opened)


def _select_applying(actions: Sequence[Action], opened: OpenObject) -> Sequence[Action]:
    found = opened.found
    if found is None or opened.is_deleted:
        return []
    return [action for action in actions if action.applies(found)]


def build_buttons(actions: Sequence[Action], opened: OpenObject) -> Sequence[ActionButton]:
    """Those that apply now, reviewed together; what is denied is disabled, what is unknown can be tried."""
    offered = _select_applying(actions, opened)
    checks = [check for action in offered if (check := find_check(action, opened)) is not None]
    results = opened.cluster_session.review_access(list(dict.fromkeys(check.attributes for check in checks)))
    return [
        ActionButton(
            title=str(check.action.title),
            icon=check.action.icon,
            url=opened.address.path(check.action.page),
            is_denied=results[check.attributes].state == "denied",
            reason=check.explain(results[check.attributes]),
            is_dangerous=check.action.is_dangerous,
        )
        for check in checks
    ]
