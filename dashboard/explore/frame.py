"""Frame of the Explore pages: what stands around them, and the links from one to the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.gateway.connect import ClusterSession
from dashboard.address.paths import ALL, Address
from dashboard.frame.context import build_frame_context
from dashboard.frame.menu import navigation
from dashboard.frame.switcher import switcher


@dataclass(frozen=True)
class ExploreTab:
    """A link to one of the pages."""

    name: str
    title: str
    url: str


def build_explore_frame(cluster_session: ClusterSession, tab: str) -> dict[str, Any]:
    """The context of a page; `tab` is its name."""
    slug = cluster_session.cluster.slug
    address = Address((slug,), (ALL,), "")
    return {
        **build_frame_context(address, [cluster_session]),
        "page": reverse("resources:cluster", args=[slug]),
        "navigation": navigation(cluster_session, address),
        "switcher": switcher(cluster_session, address),
        "tab": tab,
        "tabs": [
            ExploreTab("api", _("API groups"), reverse("resources:api", args=[slug])),
            ExploreTab("explain", _("Explain"), reverse("resources:explain", args=[slug])),
            ExploreTab("raw", _("Raw GET"), reverse("resources:raw", args=[slug])),
        ],
    }
