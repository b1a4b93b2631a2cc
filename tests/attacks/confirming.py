"""Confirm pages of attack tests: their paths, and a yes to what they show."""

from __future__ import annotations

from django.http import HttpResponse
from django.test import Client

from clusters.credentials.binding import destination_of
from clusters.models import Cluster

CONFIRM = "/clusters/harbour/credential/confirm/"
TEAM_CONFIRM = "/clusters/harbour/teams/shop/credential/confirm/"
FORM = {"name": "Harbour", "slug": "harbour", "color": "teal", "verify_tls": "on", "save_anyway": "yes"}


def digest() -> str:
    """Of the settings that cluster harbour has now."""
    return destination_of(Cluster.objects.get(slug="harbour")).digest


def confirm(client: Client, path: str = CONFIRM, **form: str) -> int:
    """The status of the answer to a yes to what the page shows now."""
    answer: HttpResponse = client.post(path, {"shown": digest(), **form})
    return answer.status_code
