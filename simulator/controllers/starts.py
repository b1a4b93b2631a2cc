"""Container state machine: pull, start, probe, terminate, back off and restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.controllers.behaviors import HEALTHY, KILLED_EXIT_CODE, Behavior
from simulator.controllers.containers import (
    BACK_OFF,
    INIT,
    MAIN,
    NEW,
    PULL_BACK_OFF,
    PULLING,
    RUNNING,
    SIDECAR,
    STARTING,
    TERMINATED,
    UNCONFIGURED,
    UNPULLED,
    Run,
    containers_of,
)
from simulator.controllers.index import controller_of
from simulator.controllers.plane import Plane
from simulator.store import Object

NAME = "kubelet"
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 300.0
BACK_OFF_RESET_SECONDS = 600.0  # who ran so long starts with the first back-off again
PROBE_SECONDS = 10.0
MAX_IMAGES = 20_000  # that nodes are known to have; then all are pulled again


def choose_behavior(plane: Plane, pod: Object, run: Run) -> None:
    """A container that is there already: what it will do from now on."""
    run.behavior = _find_behavior(plane, pod, run)
    if run.state == RUNNING:
        _plan(plane, pod, run, is_new=False)
    elif run.state in (BACK_OFF, PULL_BACK_OFF):
        run.state_ends_at = plane.now + plane.random_between(1.0, LONGEST_BACK_OFF)
    elif run.state == TERMINATED and _restarts(pod, run):
        run.state_ends_at = plane.now + 1.0


def begin(plane: Plane, pod: Object, run: Run) -> None:
    """Its image first."""
    run.behavior = _find_behavior(plane, pod, run)
    images: dict[tuple[str, str], None] = plane.memory.setdefault("images", {})
    if (pod["spec"]["nodeName"], run.image) in images and not run.behavior.cannot_pull:
        text = f'Container image "{run.image}" already present on machine and can be accessed by the pod'
        _record_event(plane, pod, run, "Pulled", text)
        run.state, run.state_ends_at = STARTING, plane.now + plane.random_between(*plane.pace.start)
        return
    _record_event(plane, pod, run, "Pulling", f'Pulling image "{run.image}"')
    seconds = plane.random_between(*plane.pace.pull)
    run.state, run.state_ends_at, run.wait_message = PULLING, plane.now + seconds, f"{seconds:.3f}"


def pass_on(plane: Plane, pod: Object, run: Run) -> None:
    """Into the next state, where the time for it has come."""
    if run.state_ends_at is not None and run.state_ends_at <= plane.now and run.state != NEW:
        run.state_ends_at = None
        _NEXT[run.state](plane, pod, run)
    if run.ready_at is not None and run.ready_at <= plane.now:
        _probe(plane, pod, run)


def _finish_pull(plane: Plane, pod: Object, run: Run) -> None:
    if run.behavior.cannot_pull:
        run.state, run.wait_message = UNPULLED, run.behavior.cannot_pull
        _record_event(
            plane, pod, run, "Failed", f'Failed to pull image "{run.image}": {run.wait_message}', warning=True
        )
        _record_event(plane, pod, run, "Failed", "Error: ErrImagePull", warning=True)
        run.state_ends_at = plane.now + plane.random_between(5.0, 12.0)
        return
    images: dict[tuple[str, str], None] = plane.memory.setdefault("images", {})
    if len(images) >= MAX_IMAGES:
        images.clear()
    images[pod["spec"]["nodeName"], run.image] = None
    size = 4_000_000 + sum(run.image.encode()) * 12_345
    text = f'Successfully pulled image "{run.image}" in {run.wait_message}s ({run.wait_message}s including waiting).'
    text += f" Image size: {size} bytes."
    _record_event(plane, pod, run, "Pulled", text)
    run.state, run.state_ends_at = STARTING, plane.now + plane.random_between(*plane.pace.start)


def _back_off_pull(plane: Plane, pod: Object, run: Run) -> None:
    text = f'Back-off pulling image "{run.image}"'
    why = run.behavior.cannot_pull
    run.state, run.wait_message = PULL_BACK_OFF, f"{text}: ErrImagePull: {why}" if why else text
    _record_event(plane, pod, run, "BackOff", text)
    _record_event(plane, pod, run, "Failed", "Error: ImagePullBackOff", warning=True)
    run.pull_back_off = _double_back_off(run.pull_back_off)
    run.state_ends_at = plane.now + run.pull_back_off


def _finish_start(plane: Plane, pod: Object, run: Run) -> None:
    if missing := next(_missing(plane, pod, run), ""):
        run.state, run.wait_message = UNCONFIGURED, missing
        _record_event(plane, pod, run, "Failed", f"Error: {missing}", warning=True)
        run.state_ends_at = plane.now + PROBE_SECONDS
        return
    if run.id:
        run.restarts += 1
    run.id = f"containerd://{plane.cluster.random.getrandbits(256):064x}"
    run.state, run.started, run.wait_message = RUNNING, float(int(plane.now)), ""
    _record_event(plane, pod, run, "Created", "Container created")
    _record_event(plane, pod, run, "Started", "Container started")
    _plan(plane, pod, run, is_new=True)


def _plan(plane: Plane, pod: Object, run: Run, *, is_new: bool) -> None:
    """When it ends, and when its readiness changes."""
    if run.behavior.share < 1.0 and plane.cluster.random.random() >= run.behavior.share:
        run.behavior = HEALTHY
    ends = run.behavior.exits_after
    if ends is None and (run.kind == INIT or _has_an_end(pod)):
        ends, run.behavior = plane.pace.work, HEALTHY
    run.state_ends_at = plane.now + plane.random_between(*ends) if ends is not None else None
    if not is_new:
        run.ready_at = _unready_at(plane, run)
        return
    probe = _container(pod, run).get("readinessProbe")
    run.ready = run.kind in (MAIN, SIDECAR) and not probe
    run.ready_at = _unready_at(plane, run) if run.ready else None
    if probe:
        run.ready_at = (
            plane.now + probe.get("initialDelaySeconds", 0) + plane.random_between(*plane.pace.probe)
        )


def _probe(plane: Plane, pod: Object, run: Run) -> None:
    """Ready, or not any more for a while."""
    run.ready_at = None
    if run.state != RUNNING:
        return
    if not run.ready:
        run.ready, run.ready_at = True, _unready_at(plane, run)
        return
    run.ready = False
    _record_event(
        plane, pod, run, "Unhealthy", f"Readiness probe failed: {run.behavior.unready_message}", warning=True
    )
    run.ready_at = plane.now + plane.random_between(*run.behavior.unready_for)


def _unready_at(plane: Plane, run: Run) -> float | None:
    every = run.behavior.unready_every
    return plane.now + plane.random_between(*every) if every is not None else None


def _terminate(plane: Plane, pod: Object, run: Run) -> None:
    behaviour = run.behavior
    is_killed = behaviour.is_killed_for_memory
    run.state, run.ready, run.ready_at = TERMINATED, False, None
    run.code = KILLED_EXIT_CODE if is_killed else behaviour.code
    run.reason, run.message = behaviour.reason, behaviour.message
    run.finished = max(float(int(plane.now)), run.started)
    if not _restarts(pod, run):
        return
    is_fresh = run.finished - run.started >= BACK_OFF_RESET_SECONDS
    run.back_off = 0.0 if is_fresh else run.back_off
    run.state_ends_at = plane.now + 1.0


def _restart_or_back_off(plane: Plane, pod: Object, run: Run) -> None:
    """At once the first time; then it waits, each time twice as long."""
    run.last = {"terminated": run.terminated_state()}
    if not run.back_off:
        run.back_off = FIRST_BACK_OFF
        _begin_again(plane, pod, run)
        return
    metadata = pod["metadata"]
    whole = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    run.state = BACK_OFF
    run.wait_message = (
        f"back-off {_duration(run.back_off)} restarting failed container={run.name} pod={whole}"
    )
    text = f"Back-off restarting failed container {run.name} in pod {whole}"
    _record_event(plane, pod, run, "BackOff", text, warning=True)
    run.state_ends_at = plane.now + run.back_off
    run.back_off = _double_back_off(run.back_off)


def _begin_again(plane: Plane, pod: Object, run: Run) -> None:
    run.last = run.last or {"terminated": run.terminated_state()}
    begin(plane, pod, run)


def _retry_configuration(plane: Plane, pod: Object, run: Run) -> None:
    _finish_start(plane, pod, run)


_NEXT = {
    PULLING: _finish_pull,
    UNPULLED: _back_off_pull,
    PULL_BACK_OFF: begin,
    STARTING: _finish_start,
    UNCONFIGURED: _retry_configuration,
    RUNNING: _terminate,
    TERMINATED: _restart_or_back_off,
    BACK_OFF: _begin_again,
}


def _restarts(pod: Object, run: Run) -> bool:
    policy = pod["spec"].get("restartPolicy", "Always")
    if run.kind == SIDECAR:
        return True
    if run.kind == INIT:
        return run.code != 0 and policy != "Never"
    return policy == "Always" or (policy == "OnFailure" and run.code != 0)


def _double_back_off(seconds: float) -> float:
    return min(max(seconds * 2, FIRST_BACK_OFF), LONGEST_BACK_OFF)


def _duration(seconds: float) -> str:
    """As Go writes it: 10s, 2m40s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _has_an_end(pod: Object) -> bool:
    """A pod of a Job does its work and is over."""
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "Job"


def _find_behavior(plane: Plane, pod: Object, run: Run) -> Behavior:
    return plane.behaviors.resolve(
        pod["metadata"]["namespace"], workload_of(plane, pod), _container(pod, run)
    )


def workload_of(plane: Plane, pod: Object) -> str:
    """The name of the Deployment, StatefulSet, DaemonSet, CronJob or Job; of a pod alone its own."""
    thing, namespace = pod, pod["metadata"]["namespace"]
    for _ in range(3):
        owner = controller_of(thing)
        if owner is None:
            break
        group = owner["apiVersion"].rpartition("/")[0]
        above = plane.get((group, f"{owner['kind'].lower()}s"), namespace, owner["name"])
        if above is None:
            return str(owner["name"])
        thing = above
    return str(thing["metadata"]["name"])


def _container(pod: Object, run: Run) -> Object:
    return next(one for one in containers_of(pod) if one["name"] == run.name)


def _missing(plane: Plane, pod: Object, run: Run) -> Iterator[str]:
    """Secrets and ConfigMaps that its environment needs and that are not there."""
    namespace = pod["metadata"]["namespace"]
    container = _container(pod, run)
    desired: list[tuple[str, dict[str, Any]]] = []
    for one in container.get("env") or ():
        source = one.get("valueFrom") or {}
        desired += [("secret", source["secretKeyRef"])] if source.get("secretKeyRef") else []
        desired += [("configmap", source["configMapKeyRef"])] if source.get("configMapKeyRef") else []
    for one in container.get("envFrom") or ():
        desired += [("secret", one["secretRef"])] if one.get("secretRef") else []
        desired += [("configmap", one["configMapRef"])] if one.get("configMapRef") else []
    for kind, reference in desired:
        name = reference.get("name", "")
        if not reference.get("optional") and plane.get(("", f"{kind}s"), namespace, name) is None:
            yield f'{kind} "{name}" not found'


def _record_event(
    plane: Plane, pod: Object, run: Run, reason: str, message: str, *, warning: bool = False
) -> None:
    folder = "containers" if run.kind == MAIN else "initContainers"
    path = f"spec.{folder}{{{run.name}}}"
    host = pod["spec"]["nodeName"]
    plane.record_event(pod, reason, message, NAME, warning=warning, path=path, host=host)
