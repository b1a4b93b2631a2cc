"""Control plane for tests: a real Kubernetes as plain processes, without containers."""

from tests.controlplane.binaries import ControlPlaneUnavailable
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS, Person, get_person
from tests.controlplane.world import fill

__all__ = ["USERS", "ControlPlane", "ControlPlaneUnavailable", "Person", "fill", "get_person"]
