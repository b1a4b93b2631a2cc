"""Does the page of a credential meet a real API server as it meets the simulated one of the tests beside this?"""

from __future__ import annotations

import pytest

from clusters.models import Cluster, Credential, Share
from people.models import Team, User
from tests.clusters.credentials.pki import certificate
from tests.clusters.pages.conftest import Browser
from tests.clusters.pages.test_credential import bring
from tests.controlplane.controlplane import ControlPlane


@pytest.fixture
def real(cast: dict[str, User], controlplane: ControlPlane) -> Cluster:
    made = Cluster.objects.create(slug="real", name="Real", server=controlplane.server, ca=controlplane.ca)
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    return made


def test_it_stores_what_is_accepted(real: Cluster, browser_of: Browser, controlplane: ControlPlane) -> None:
    cert, key = controlplane.certificate("dana", seconds=3600)
    for way, fields in (
        ("token", {"token": controlplane.token("dana")}),
        ("certificate", {"certificate": cert, "key": key}),
        ("kubeconfig", {"kubeconfig": controlplane.kubeconfig("dana").read_text()}),
    ):
        assert bring(browser_of("dana"), way, "real", **fields).status_code == 302
        stored = Credential.objects.get()
        assert (stored.identity, "team-shop" in stored.groups) == ("dana", True)
        stored.delete()


def test_it_refuses_a_certificate_of_another_authority(real: Cluster, browser_of: Browser) -> None:
    """A simulated one ends the handshake; a real one goes on and answers 401."""
    cert, key = certificate("dana")
    answer = bring(browser_of("dana"), "certificate", "real", certificate=cert, key=key)
    assert answer.status_code == 422
    assert not Credential.objects.exists()


def test_it_says_that_a_credential_has_ended(
    real: Cluster, browser_of: Browser, controlplane: ControlPlane
) -> None:
    cert, key = controlplane.certificate("dana", seconds=-60)
    answer = bring(browser_of("dana"), "certificate", "real", certificate=cert, key=key)
    assert "The credential has expired." in answer.content.decode()
