"""Tones: how good the words and the conditions of any kind are, also of kinds that nobody has written down."""

from __future__ import annotations

import pytest

from dashboard.kinds.table import ALL_TONES
from dashboard.kinds.tones import NO_TONES, classify_condition, find_polarity, tone


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("NotReady,SchedulingDisabled", "error"),
        ("Ready,SchedulingDisabled", "warning"),
        ("NotReady", "error"),
        ("Ready", "ok"),
        ("Ready,Whatever", "ok"),
        ("Whatever,Something", ""),
        (",", ""),
    ],
)
def test_combined_words_are_as_bad_as_the_worst_of_them(word: str, level: str) -> None:
    assert tone("Status", word, ALL_TONES) == level


@pytest.mark.parametrize(
    ("kind", "if_true", "if_false"),
    [
        ("KernelDeadlock", "error", "ok"),
        ("ReadonlyFilesystem", "error", "ok"),
        ("FrequentKubeletRestart", "error", "ok"),
        ("CorruptDockerOverlay2", "error", "ok"),
        ("NodeResizeError", "error", "ok"),
        ("ControllerResizeError", "error", "ok"),
        ("Fallback", "error", "ok"),
        ("ReplicaFailure", "error", "ok"),
        ("Paused", "progress", "done"),
        ("Deleting", "progress", "done"),
        ("RollingOut", "progress", "done"),
        ("FileSystemResizePending", "progress", "done"),
        ("Ready", "ok", "warning"),
        ("ContainersReady", "ok", "warning"),
        ("PodReadyToStartContainers", "ok", "warning"),
        ("PodScheduled", "ok", "warning"),
        ("Progressing", "ok", "warning"),
        ("ResolvedRefs", "ok", "warning"),
        ("KubernetesAPIApprovalPolicyConformant", "ok", "warning"),
        ("AbleToScale", "ok", "warning"),
        ("SuccessCriteriaMet", "ok", "warning"),
        ("Active", "unknown", "unknown"),
        ("Whatever", "unknown", "unknown"),
        ("HTTPProxyValid", "ok", "warning"),
    ],
)
def test_what_is_not_known_has_no_color(kind: str, if_true: str, if_false: str) -> None:
    assert classify_condition(kind, "True", "", ALL_TONES) == if_true
    assert classify_condition(kind, "False", "", ALL_TONES) == if_false


def test_a_table_goes_before_the_words() -> None:
    assert find_polarity("DisruptionTarget") is None
    assert classify_condition("DisruptionTarget", "True", "", ALL_TONES) == "error"
    assert classify_condition("DisruptionTarget", "True", "", NO_TONES) == "unknown"
    assert find_polarity("x" * 100_000) is None
