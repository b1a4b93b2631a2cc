"""What does a member of the cast sign in to a control plane with?"""

from tests.controlplane.cast import person
from tests.controlplane.controlplane import ControlPlane


def keys_of(plane: ControlPlane, name: str) -> dict[str, str]:
    """`token`, or `certificate` and `key`: whichever the cast says that this person uses."""
    if person(name).auth == "certificate":
        certificate, key = plane.certificate(name)
        return {"certificate": certificate, "key": key}
    return {"token": plane.token(name)}
