"""Credential page against a real API server."""

from __future__ import annotations

import pytest

from clusters.models import Cluster, Credential, Share
from people.models import Team, User
from tests.clusters.credentials.certificates import make_certificate
from tests.clusters.pages.conftest import ClientFor
from tests.clusters.pages.test_credential import post_credential
from tests.controlplane.controlplane import ControlPlane


@pytest.fixture
def real_cluster(users: dict[str, User], controlplane: ControlPlane) -> Cluster:
    made = Cluster.objects.create(slug="real", name="Real", server=controlplane.server, ca=controlplane.ca)
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    return made


def test_it_stores_what_is_accepted(
    real_cluster: Cluster, client_for: ClientFor, controlplane: ControlPlane
) -> None:
    cert, key = controlplane.certificate("dana", seconds=3600)
    for way, fields in (
        ("token", {"token": controlplane.token("dana")}),
        ("certificate", {"certificate": cert, "key": key}),
        ("kubeconfig", {"kubeconfig": controlplane.kubeconfig("dana").read_text()}),
    ):
        assert post_credential(client_for("dana"), way, "real", **fields).status_code == 302
        stored = Credential.objects.get()
        assert (stored.identity, "team-shop" in stored.groups) == ("dana", True)
        stored.delete()


def test_it_refuses_a_certificate_of_another_authority(real_cluster: Cluster, client_for: ClientFor) -> None:
    """A simulated one ends the handshake; a real one goes on and answers 401."""
    cert, key = make_certificate("dana")
    answer = post_credential(client_for("dana"), "certificate", "real", certificate=cert, key=key)
    assert answer.status_code == 422
    assert not Credential.objects.exists()


def test_it_says_that_a_credential_has_expired(
    real_cluster: Cluster, client_for: ClientFor, controlplane: ControlPlane
) -> None:
    cert, key = controlplane.certificate("dana", seconds=-60)
    answer = post_credential(client_for("dana"), "certificate", "real", certificate=cert, key=key)
    assert "The credential has expired." in answer.content.decode()
