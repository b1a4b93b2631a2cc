"""Kind: everything special about a kind in one entry, with the defaults of every other kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise

from clusters.api.selectors import build_field_selector
from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, text
from dashboard.kinds.menu import MenuSlot
from dashboard.kinds.references import Pick, Reference, find_references_in_spec, pick_nothing
from dashboard.kinds.summary import KindSummary
from dashboard.kinds.tones import NO_TONES, StatusTones

ROLLOUT_PAGE = "rollout"


@dataclass(frozen=True)
class Tab:
    """A further page of an object, linked under its title after Overview and YAML.

    `page` is the segment of its URL after the object's own (`logs`); the view behind it has a route in
    `dashboard/cluster_urls.py`.
    """

    page: str
    title: Promise


def apply_always(found: KubernetesObject) -> bool:
    """Of an action that makes sense whatever state the object is in."""
    return True


@dataclass(frozen=True)
class Action:
    """A change that an object's page offers, as a button that leads to the page that confirms it.

    `page` is the segment of that page's URL after the object's own (`scale`). `verb` and `subresource` are what
    the change asks of Kubernetes: the access review for them decides whether the button is enabled. `made` is the
    group and plural of what the change creates in the object's namespace, where it does not change the object itself.
    `applies` says by the object whether there is anything to do.
    """

    page: str
    title: Promise
    icon: str
    verb: str
    subresource: str = ""
    made: tuple[str, str] | None = None
    is_dangerous: bool = False
    applies: Callable[[KubernetesObject], bool] = apply_always


def summarize_nothing(found: KubernetesObject, links: Links) -> KindSummary:
    """No fields and no tables; conditions and phase give the state."""
    return KindSummary()


def select_events_by_uid(found: KubernetesObject) -> str:
    """The field selector of an object's events: events of an earlier object of the same name stay away."""
    return build_field_selector({"involvedObject.uid": text(found, "metadata", "uid")})


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind as discovery names it, and what is special about it. Each default is that of any other kind.

    `label` is its name in menus and titles, in the plural; where empty, the kind itself. `default_sort` is the
    key of a list's column; empty sorts by namespace and name. `value_fields` are top-level fields whose values
    are masked until they are revealed one by one. `shown_fields` are top-level fields that need no part of
    their own on the object page.
    """

    group: str
    kind: str
    plural: str
    label: Promise | str = ""
    menu: MenuSlot | None = None
    default_sort: str = ""
    summarize: Callable[[KubernetesObject, Links], KindSummary] = summarize_nothing
    find_references: Callable[[KubernetesObject], Iterator[Reference]] = find_references_in_spec
    find_picks: Callable[[KubernetesObject], Iterator[Pick]] = pick_nothing
    select_events: Callable[[KubernetesObject], str] = select_events_by_uid
    tones: StatusTones = NO_TONES
    value_fields: tuple[str, ...] = ()
    shown_fields: tuple[str, ...] = ()
    tabs: tuple[Tab, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def slug(self) -> str:
        """Its name in URLs, in its preferred version: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural
