"""Real admission webhooks: a refusal and a warning arrive as written, and what a webhook changes is said to be its."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.pages import read_text
from tests.controlplane.controlplane import ControlPlane
from tests.create.pages import open_create, review
from tests.dashboard_server import DashboardServer, wait_for
from tests.edit.editor import EditPage, open_editor
from tests.edit.test_authors import AUTOSCALER, DEPLOYMENT, PATH, applied, find_notes
from tests.edit.webhook import DENIAL, LABEL, WARNING, admission_webhooks

CONFIG_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hooked, labels: {%s: here}, annotations: {%s: x}}\n"
)
LABELS = f"\n  labels:\n    {LABEL}: here\n  name: authored\n"


@pytest.fixture
def hooked(controlplane: ControlPlane, tmp_path: Path) -> Iterator[ControlPlane]:
    with applied(controlplane, DEPLOYMENT, AUTOSCALER), admission_webhooks(controlplane, tmp_path):
        yield controlplane


def test_a_webhook_a_default_and_an_autoscaler_in_one_edit(
    hooked: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", PATH)
    typed = page.text.replace("replicas: 1", "replicas: 2").replace("\n  name: authored\n", LABELS, 1)
    probe = r"\n\1livenessProbe:\n\1  tcpSocket:\n\1    port: 80\n\1name: main\n"
    typed = re.sub(r"\n( +)name: main\n", probe, typed, count=1)

    def review_when_registered() -> EditPage | None:
        reviewed = page.review(typed)
        assert reviewed.status == 200, reviewed.html
        return reviewed if "stamped" in reviewed.html and WARNING in read_text(reviewed.answer) else None

    reviewed = wait_for(review_when_registered, message="the webhooks are not in force")
    assert find_notes(reviewed, "stamped: by-webhook") == ["admission webhook or policy"]
    assert find_notes(reviewed, "failureThreshold: 3") == ["default of the server"]
    assert find_notes(reviewed, "replicas: 2") == ["you", "owned by gitops"]
    assert "HorizontalPodAutoscaler authored-scaler" in reviewed.html
    assert WARNING not in reviewed.html, "what a webhook says is text, and no HTML"

    refused = page.review(typed.replace("annotations:\n", "annotations:\n    refuse: please\n", 1))
    assert refused.status == 403
    assert DENIAL in read_text(refused.answer)
    assert "refuse: please" in refused.text
    assert reviewed.save().status == 302
    words = ("get", "deployment", "authored", "-n", "shop", "-o", "jsonpath={.metadata.labels}")
    assert "by-webhook" in hooked.kubectl(*words)

    # the same of a patch, which says of a list only a part, and on the create page
    url = f"{page.url.removesuffix('edit')}patch?method=strategic"
    text = f"metadata: {{labels: {{{LABEL}: again, stamped: mine}}}}"
    patched = EditPage(page.client, url, page.client.get(url)).review(text)
    assert find_notes(patched, f"{LABEL}: again") == ["you, or a default of the server"]
    assert "stamped: mine" not in patched.html.partition('<form id="edit"')[0]
    assert WARNING in read_text(patched.answer)
    for annotation, said in (("refuse", DENIAL), ("other", WARNING)):
        made = review(open_create(dashboard_server, "dana"), CONFIG_MAP % (LABEL, annotation))
        assert said in read_text(made.answer)
