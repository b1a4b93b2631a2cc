"""Benchmark of row latency: from a pod's creation until its row is in the document."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.figures import Figure, percentile, percentiles
from bench.load import creating
from bench.world import LIST, World, run_alone

P50, P99 = 100.0, 1000.0  # milliseconds
RATE = 10  # pods a second; each of them changes twice more, when it is scheduled and when it runs
PODS = 1000

# When each row came into the document, in milliseconds since 1970.
WATCH = """
window.benchArrived = {};
const benchNote = (row) => {
  const name = row.querySelector?.("th")?.textContent;
  if (name && !(name in window.benchArrived))
    window.benchArrived[name] = performance.timeOrigin + performance.now();
};
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) {
    if (node.nodeName === "TR") benchNote(node);
    else if (node.nodeName === "TH" && node.parentNode) benchNote(node.parentNode);
  }
}).observe(document, { childList: true, subtree: true });
"""


def measure(world: World) -> Sequence[Figure]:
    """Among all pods, the youngest first, so that each new one comes into the window."""
    most = 20 if world.is_small else PODS
    page = world.live_page(f"{LIST}?sort=age", script=WATCH)
    with creating(world, "team-00", RATE, most) as answered:
        until = time.monotonic() + 30 + 3 * most / RATE
        while len(answered) < most and time.monotonic() < until:
            page.wait_for_timeout(500)
        page.wait_for_timeout(2000)
        arrived = dict(page.evaluate("window.benchArrived"))
        made = dict(answered)
    page.context.close()
    late = [arrived[name] - 1000 * when for name, when in made.items() if name in arrived]
    lost = len(made) - len(late)
    return [
        Figure(
            "pod created to its row in the page",
            f"p50 {P50:.0f} ms, p99 {P99 / 1000:.0f} s",
            percentiles(late, " ms"),
            percentile(late, 50) <= P50 and percentile(late, 99) <= P99 and not lost,
            notes=(
                f"{len(made)} pods created among {world.pods}, {RATE} a second, on a page sorted by age; "
                f"{lost} of them never came. The time of the answer is the writer's, that of the row a "
                "MutationObserver's in the page; both clocks are this machine's.",
            ),
        )
    ]


if __name__ == "__main__":
    run_alone(measure)
