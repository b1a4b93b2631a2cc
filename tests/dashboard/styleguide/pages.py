"""Sample pages of the style guide: list, object, forms, parts and errors."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils import timezone

from clusters.api.errors import Cause, Forbidden
from clusters.models import Cluster
from dashboard.shell.cluster_errors import render_cluster_error
from dashboard.shell.navigation import Entry, Group

HERE = Path(__file__).parent
COLORS = ["slate", "red", "orange", "amber", "green", "teal", "blue", "violet", "pink", "brown"]


def sample(request: HttpRequest, name: str) -> HttpResponse:
    """A page of this folder, with rows, navigation and clusters to fill it."""
    template = engines["django"].from_string((HERE / f"{name}.html").read_text())
    return HttpResponse(template.render(_build_context(name), request))


def error(request: HttpRequest) -> HttpResponse:
    """A 403 of an API server."""
    refused = Forbidden(
        'deployments.apps "web" is forbidden: User "dana" cannot patch resource "deployments" in API group "apps" '
        'in the namespace "shop-production-eu-central"',
        status=403,
        reason="Forbidden",
        causes=(Cause("spec.replicas", "FieldValueForbidden", "must not be more than 10"),),
        method="GET",
        path="/apis/apps/v1/namespaces/shop-production-eu-central/deployments/web",
        warnings=("policy/v1beta1 PodDisruptionBudget is deprecated",),
    )
    return render_cluster_error(request, refused, cluster=_build_cluster())


def broken(request: HttpRequest) -> HttpResponse:
    """A page that raises."""
    raise RuntimeError("broken on purpose")


def save(request: HttpRequest) -> HttpResponse:
    """Takes a form."""
    return HttpResponse(f"saved {request.POST.get('note', '')}")


def _build_context(name: str) -> dict[str, Any]:
    return {
        "cluster": None if name in ("plain", "parts") else _build_cluster(),
        "shown_clusters": _build_clusters() if name == "parts" else None,
        "acting": "you act as system:serviceaccount:shop:viewer, shared by team Shop (read only)",
        "navigation": _build_navigation(),
        "rows": _build_rows(),
        "colors": COLORS,
        "moment": timezone.now() - timedelta(seconds=42),
        "soon": timezone.now() + timedelta(days=6, hours=3, minutes=1),
        "states": [
            "loading",
            "live",
            "polled",
            "behind",
            "reconnecting",
            "expired",
            "denied",
            "unreachable",
            "paused",
            "gone",
            "static",
        ],
        "yaml": _build_yaml(),
    }


def _build_cluster() -> Cluster:
    return Cluster(slug="prod-eu", name="Production EU", color="red", protected=True, verify_tls=False)


def _build_clusters() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            slug=color,
            name=f"Cluster {color}",
            color=color,
            protected=color == "red",
            verify_tls=True,
            acting="",
        )
        for color in COLORS
    ]


def _build_navigation() -> list[Group]:
    at = "/styleguide/list/"
    why = 'User "dana" cannot list resource "nodes" at the cluster scope'
    return [
        Group(
            "",
            [
                Entry("Overview", "/styleguide/parts/", icon="home"),
                Entry("Events", at + "?events", icon="event", goto="e", count=7),
            ],
        ),
        Group(
            "Workloads",
            [
                Entry("Pods", at, current=True, icon="pod", goto="p", count=1204),
                Entry("Deployments", at + "?deployments", icon="deployment", goto="d", count=38),
                Entry("Jobs", at + "?jobs", icon="job"),
            ],
        ),
        Group(
            "Network",
            [
                Entry("Services", at + "?services", icon="network", goto="s", count=41),
                Entry(
                    "Ingresses", at + "?ing", icon="network", state="unknown", reason="the review timed out"
                ),
            ],
        ),
        Group(
            "Cluster",
            [
                Entry("Namespaces", at + "?ns", icon="namespace"),
                Entry("Nodes", at + "?nodes", icon="node", goto="n", state="denied", reason=why),
                Entry("PersistentVolumes", at + "?pv", icon="storage", state="denied", reason=why),
            ],
        ),
    ]


def _build_rows() -> list[dict[str, Any]]:
    kinds = [
        ("ok", "Running", ""),
        ("ok", "Running", ""),
        ("error", "CrashLoopBackOff", "is-error"),
        ("progress", "ContainerCreating", ""),
        ("warning", "Running", "is-warning"),
        ("done", "Completed", "is-completed"),
        ("warning", "Terminating", "is-deleting"),
        ("unknown", "Unknown", ""),
    ]
    now = timezone.now()
    return [
        {
            "namespace": "shop" if number % 3 else "shop-payments",
            "name": f"web-7d4b9c6f5-{number:03d}x{'-with-a-long-tail' if number % 7 == 4 else ''}",
            "level": kinds[number % len(kinds)][0],
            "status": kinds[number % len(kinds)][1],
            "state": kinds[number % len(kinds)][2],
            "ready": "1/2" if number % 8 == 4 else "2/2",
            "restarts": number * 7 % 23,
            "created": now - timedelta(seconds=37 * (number + 1) ** 3),
            "ip": f"10.244.{number % 4}.{number + 3}",
            "node": f"ip-10-0-{number % 4}-17.eu-central-1.compute.internal",
        }
        for number in range(60)
    ]


def _build_yaml() -> list[tuple[int, str, str]]:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-7d4b9c6f5-001x\n  namespace: shop\n  labels:\n"
        "    app.kubernetes.io/name: web\nspec:\n  containers:\n  - name: web\n    image: registry.example/web:1.4.2\n"
        "    command: [sh, -c, 'exec /srv/web --listen 0.0.0.0:8080 --a-long-flag=which-goes-on-and-on-and-on']"
    )
    pairs = []
    for number, line in enumerate(text.split("\n"), 1):
        key, colon, rest = line.partition(":")
        pairs.append((number, key + colon, rest))
    return pairs
