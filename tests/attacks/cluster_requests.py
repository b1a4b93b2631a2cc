"""Cluster requests: the visits of routes after which a cluster receives a request."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from tests.attacks.installation import Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import Route, list_routes

# Fields without which some views go no further.
FIELDS = "key=password&namespace=shop&way=token&token=a-token-that-nobody-has"


@dataclass(frozen=True)
class Visit:
    """One method of one route."""

    method: str
    route: Route

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def answer(self, installation: Installation, who: str, fields: str = FIELDS) -> HttpResponse:
        """What this person is answered, with objects of their own; what was done is undone."""
        path = installation.address(self.route, owner=who)
        with roll_back():
            return installation.browser(who).generic(
                self.method, path, fields, content_type="application/x-www-form-urlencoded"
            )


def list_visits(installation: Installation) -> list[Visit]:
    """Each route by GET and by POST, where it takes them."""
    return [
        Visit(method, route)
        for route in list_routes()
        for method in sorted(installation.methods(route) & {"GET", "POST"})
    ]


def find_cluster_visits(installation: Installation, recorder: Recorder, who: str) -> list[Visit]:
    """Those that sent a request to the cluster; some always are."""
    found = []
    for visit in list_visits(installation):
        with recorder.record() as seen:
            visit.answer(installation, who)
        if not seen.is_empty:
            found.append(visit)
    names = {visit.route.name for visit in found}
    assert names >= {"resources:list", "resources:object", "clusters:credential"}, names
    return found
