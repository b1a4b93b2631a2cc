"""Debug profiles: the security contexts of `kubectl debug`, and which of them a Pod Security level admits.

Source: kubectl, pkg/cmd/debug/profiles.go; https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Style = Literal["ephemeral", "copy", "node"]
PROFILES = ("general", "baseline", "restricted", "netadmin", "sysadmin")
ENFORCE = "pod-security.kubernetes.io/enforce"  # the label of a namespace
_ADMITTED = {"baseline": ("baseline", "restricted"), "restricted": ("restricted",)}


def list_admitted_profiles(level: str) -> Sequence[str]:
    """The profiles that a namespace of this Pod Security level admits; all where it has none, or an unknown one."""
    return _ADMITTED.get(level, PROFILES)


def build_security_context(profile: str, style: Style) -> dict[str, Any] | None:
    """Of the debug container; None where the profile sets nothing. ValueError for a profile that is none."""
    if profile not in PROFILES:
        raise ValueError(f"{profile} is no profile.")
    contexts: Mapping[str, dict[str, Any] | None] = {
        "general": None if style == "node" else {"capabilities": {"add": ["SYS_PTRACE"]}},
        "baseline": None,
        "restricted": {
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "netadmin": {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
        "sysadmin": {"privileged": True},
    }
    return contexts[profile]
