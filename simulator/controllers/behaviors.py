"""Container behaviors: rules of a world for crashes, readiness and image pulls; by default containers run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.store import Object

# Images that cannot be pulled in any world.
ABSENT = re.compile(r"(^|/)[^/]*\.invalid/|:(does-not-exist|missing)$|^does-not-exist")
KILLED_EXIT_CODE = 137


@dataclass(frozen=True)
class Behavior:
    """Of one container. Seconds are of the cluster's clock; a pair is (least, most)."""

    exits_after: tuple[float, float] | None = None  # None: it runs until it gets SIGTERM
    code: int = 0
    message: str = ""  # what it leaves in /dev/termination-log
    is_killed_for_memory: bool = False
    cannot_pull: str = ""  # why
    share: float = 1.0  # of its starts that go this way; the others are well
    unready_every: tuple[float, float] | None = None  # readiness fails, again and again
    unready_for: tuple[float, float] = (10.0, 40.0)
    unready_message: str = "HTTP probe failed with statuscode: 503"

    @property
    def reason(self) -> str:
        if self.is_killed_for_memory:
            return "OOMKilled"
        return "Error" if self.code else "Completed"


HEALTHY = Behavior()


@dataclass(frozen=True)
class Rule:
    """Which containers: of workloads whose name, and (of one) whose container fits; "" is all."""

    behavior: Behavior
    namespace: str = ""
    workload: str = ""  # of a Deployment, StatefulSet, DaemonSet, Job or CronJob; * may stand at its end
    container: str = ""
    image: str = ""  # a regular expression

    def fits(self, namespace: str, workload: str, container: Object) -> bool:
        if self.namespace and self.namespace != namespace:
            return False
        if self.workload.endswith("*"):
            is_named = workload.startswith(self.workload[:-1])
        else:
            is_named = self.workload in ("", workload)
        if not is_named or self.container not in ("", container["name"]):
            return False
        return not self.image or re.search(self.image, container.get("image", "")) is not None


@dataclass
class Behaviors:
    """The rules of a cluster; the first that fits holds. `rules` may be changed while it runs."""

    rules: Sequence[Rule] = field(default_factory=list)

    def resolve(self, namespace: str, workload: str, container: Object) -> Behavior:
        image = container.get("image", "")
        if ABSENT.search(image):
            return Behavior(cannot_pull=image_not_found_message(image))
        for rule in self.rules:
            if rule.fits(namespace, workload, container):
                return rule.behavior
        return parse_command_behavior(container)


def parse_command_behavior(container: Object) -> Behavior:
    """What its command says, as far as it is one of the plainest."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    if words[:2] in (["sh", "-c"], ["/bin/sh", "-c"], ["bash", "-c"]) and len(words) == 3:
        words = words[2].split(";")[-1].split()
    if words in (["true"], ["false"], ["/bin/true"], ["/bin/false"]):
        return Behavior(exits_after=(0.1, 0.5), code=int(words[0].endswith("false")))
    if len(words) == 2 and words[1].isdigit() and words[0] in ("sleep", "exit"):
        number = int(words[1])
        if words[0] == "exit":
            return Behavior(exits_after=(0.1, 0.5), code=number % 256)
        return Behavior(exits_after=(number, number))
    return HEALTHY


def image_not_found_message(image: str) -> str:
    """As containerd says it."""
    repository, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "latest")
    full = (
        repository
        if "/" in repository and "." in repository.split("/")[0]
        else f"docker.io/library/{repository}"
    )
    reference = f"{full}:{tag}"
    return (
        f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": '
        f"{reference}: not found"
    )
