"""Command `python -m tests.controlplane [build]`: runs or builds the control plane by hand."""

import signal
import sys
import time
from types import FrameType

from tests.controlplane.binaries import ControlPlaneUnavailable, find_binaries, get_cache_folder
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS, Person
from tests.controlplane.world import fill


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["build"]):
        print("Usage: python -m tests.controlplane [build]", file=sys.stderr)
        return 2
    try:
        if arguments:
            find_binaries()
            print(f"The control plane's programs are in {get_cache_folder()}.")
        else:
            serve()
    except ControlPlaneUnavailable as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped and cleaned up.")
    return 0


def serve() -> None:
    """Until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _interrupt)
    with ControlPlane(metrics=True) as plane:
        fill(plane)
        describe(plane)
        while True:
            time.sleep(1)  # not signal.pause(): a signal just before it would wait for the next one


def describe(plane: ControlPlane) -> None:
    print(f"Kubernetes is running at {plane.server}; its files are in {plane.directory}.")
    print("Kubeconfigs for the test users:")
    for one in USERS:
        print(f"  {plane.kubeconfig(one.name)}  {_describe_permissions(one)}")
    print(f"  {plane.kubeconfig('admin')}  system:masters, no test user")
    print("metrics.k8s.io answers after about a minute. Press Ctrl+C to stop.", flush=True)


def _describe_permissions(one: Person) -> str:
    grants = [f"{binding.role} in {binding.namespace or 'the whole cluster'}" for binding in one.bindings]
    role = f", {one.team_role} in team {one.team}" if one.team else ""
    return f"{one.global_role}{role}; cluster: {', '.join(grants) or 'nothing'}"


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
