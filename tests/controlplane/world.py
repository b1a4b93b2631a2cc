"""What is in a control plane of the tests, and how is it put there?"""

from tests.controlplane.cast import rbac_objects
from tests.controlplane.controlplane import ControlPlane


def fill(plane: ControlPlane) -> None:
    """Placeholder"""
    plane.apply([o for o in rbac_objects() if o["kind"] == "ClusterRoleBinding"], server_side=True)
