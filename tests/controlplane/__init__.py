"""Where do the tests get a real Kubernetes from? Its control plane as plain processes, without containers."""

from tests.controlplane.binaries import ControlPlaneUnavailable
from tests.controlplane.cast import CAST, Person, person
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill

__all__ = ["CAST", "ControlPlane", "ControlPlaneUnavailable", "Person", "fill", "person"]
