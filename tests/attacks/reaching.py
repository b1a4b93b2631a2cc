"""Which requests reach a cluster? Those that did when they were tried, with a good credential."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from tests.attacks.house import House, undone
from tests.attacks.routes import Route, routes
from tests.attacks.upstream import Recorder

# Fields without which some views go no further.
FIELDS = "key=password&namespace=shop&way=token&token=a-token-that-nobody-has"


@dataclass(frozen=True)
class Visit:
    """One method of one route."""

    method: str
    route: Route

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def answer(self, house: House, who: str, fields: str = FIELDS) -> HttpResponse:
        """What this person is answered, with objects of their own; what was done is undone."""
        path = house.address(self.route, owner=who)
        with undone():
            return house.browser(who).generic(
                self.method, path, fields, content_type="application/x-www-form-urlencoded"
            )


def everything(house: House) -> list[Visit]:
    """Each route by GET and by POST, where it takes them."""
    return [
        Visit(method, route)
        for route in routes()
        for method in sorted(house.methods(route) & {"GET", "POST"})
    ]


def reaching(house: House, recorder: Recorder, who: str) -> list[Visit]:
    """Those after which the cluster was asked something; some always are."""
    found = []
    for visit in everything(house):
        with recorder.watched() as seen:
            visit.answer(house, who)
        if not seen.is_nothing:
            found.append(visit)
    names = {visit.route.name for visit in found}
    assert names >= {"resources:list", "resources:object", "clusters:credential"}, names
    return found
