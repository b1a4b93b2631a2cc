"""Keys of a test user for a control plane: a token, or a certificate and its key."""

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import get_person


def get_keys(plane: ControlPlane, name: str) -> dict[str, str]:
    """`token`, or `certificate` and `key`: whichever this test user has."""
    if get_person(name).auth == "certificate":
        certificate, key = plane.certificate(name)
        return {"certificate": certificate, "key": key}
    return {"token": plane.token(name)}
