"""Several nodes in one drain: cordoned first, each within its time limit, one that fails does not keep the others."""

from __future__ import annotations

from tests.actions.pages import get_object
from tests.drains.nodes import build_budget, build_pod, list_pods, make_owner, run_kubectl, wait_until_running

LABELS = {"app": "guarded"}


def test_a_node_that_runs_out_of_time_fails_in_kubectls_words(controlplane, drains, namespaces, nodes):
    namespace = namespaces[0]
    owner = make_owner(controlplane, namespace)
    controlplane.create(
        [
            build_pod(namespace, "kept", nodes[0], owner=owner, labels=LABELS),
            build_pod(namespace, "moved", nodes[1], owner=owner),
        ]
    )
    for node in nodes:
        wait_until_running(controlplane, node, 1)
    controlplane.create([build_budget(namespace, "guard", minimum=1, labels=LABELS)])
    ada = drains("ada")
    url = ada.start(nodes[0], more_nodes=nodes[1], timeout="3")
    words = ada.wait_for_text(url, f"Not drained: {nodes[0]}.")
    assert list_pods(controlplane, nodes[1]) == set()
    assert list_pods(controlplane, nodes[0]) == {"kept"}
    assert all(get_object(controlplane, "node", node)["spec"]["unschedulable"] for node in nodes)
    sentence = f'error when evicting pods/"kept" -n "{namespace}": global timeout reached: 3s'
    assert sentence in words
    assert sentence in run_kubectl(controlplane, "drain", nodes[0], "--timeout=3s").stderr
    controlplane.kubectl("delete", "poddisruptionbudget", "guard", "-n", namespace)
    assert ada.post(url, "resume").status_code == 302
    ada.wait_for_text(url, "Done")
    assert list_pods(controlplane, nodes[0]) == set()
