"""Drain options: the choices of `kubectl drain`, with its defaults; what is missing is never the destructive one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class DrainOptions:
    """Called as kubectl's flags. `grace_period` in seconds, None for each pod's own; `timeout` in seconds for each
    node, 0 for none; `skip_wait_for_delete_timeout` in seconds, 0 for never. `at_once` is how many nodes are drained
    at the same time, which is always one with kubectl.
    """

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False
    disable_eviction: bool = False
    grace_period: int | None = None
    timeout: int = 0
    skip_wait_for_delete_timeout: int = 0
    pod_selector: str = ""
    at_once: int = 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_flags(self) -> Sequence[str]:
        """What `kubectl drain` would be given: only what is not its default."""
        flags = [
            flag
            for flag, is_set in (
                ("--ignore-daemonsets", self.ignore_daemonsets),
                ("--delete-emptydir-data", self.delete_emptydir_data),
                ("--force", self.force),
                ("--disable-eviction", self.disable_eviction),
            )
            if is_set
        ]
        if self.grace_period is not None:
            flags.append(f"--grace-period={self.grace_period}")
        if self.timeout:
            flags.append(f"--timeout={self.timeout}s")
        if self.skip_wait_for_delete_timeout:
            flags.append(f"--skip-wait-for-delete-timeout={self.skip_wait_for_delete_timeout}")
        if self.pod_selector:
            flags.append(f"--pod-selector={shlex.quote(self.pod_selector)}")
        return flags


def read_options(stored: Mapping[str, Any]) -> DrainOptions:
    """Options as `to_json` made them. Whatever is missing or of another type is kubectl's default."""
    grace, selector = stored.get("grace_period"), stored.get("pod_selector")
    return DrainOptions(
        ignore_daemonsets=stored.get("ignore_daemonsets") is True,
        delete_emptydir_data=stored.get("delete_emptydir_data") is True,
        force=stored.get("force") is True,
        disable_eviction=stored.get("disable_eviction") is True,
        grace_period=grace if _is_number(grace) else None,
        timeout=_read_number(stored.get("timeout"), 0),
        skip_wait_for_delete_timeout=_read_number(stored.get("skip_wait_for_delete_timeout"), 0),
        pod_selector=selector if isinstance(selector, str) else "",
        at_once=max(1, _read_number(stored.get("at_once"), 1)),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_number(value: Any, default: int) -> int:
    return value if _is_number(value) else default
