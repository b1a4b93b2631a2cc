"""Who drains and who watches: roles, protected nodes of a form, sign-out, and permissions that end."""

from __future__ import annotations

from tests.actions.pages import get_object, list_requests, send_without_page
from tests.dashboard_server import wait_for
from tests.drains.nodes import (
    build_budget,
    build_pod,
    list_evictions,
    list_pods,
    make_owner,
    wait_until_running,
)

LABELS = {"app": "guarded"}


def fill(plane, namespace: str, node: str, count: int = 3) -> None:
    """Pods whose budget allows no eviction."""
    owner = make_owner(plane, namespace)
    plane.create(
        [build_pod(namespace, f"pod-{number}", node, owner=owner, labels=LABELS) for number in range(count)]
    )
    wait_until_running(plane, node, count)
    plane.create([build_budget(namespace, "guard", minimum=count, labels=LABELS)])


def test_a_drain_is_seen_by_who_can_list_all_pods_and_ends_with_its_session(
    controlplane, dashboard_server, drains, namespaces, nodes
):
    fill(controlplane, namespaces[0], nodes[0])
    ada, aude, rita, dana = (drains(name) for name in ("ada", "aude", "rita", "dana"))
    url = ada.start(nodes[0])
    ada.wait_for_text(url, "Blocked by guard")
    for watcher in (aude, rita):  # all pods are theirs to list
        assert "Blocked by guard" in watcher.read(url)
        assert f"{nodes[0]}" in watcher.read(f"{dashboard_server.url}/c/harbour/_drains")
        page = watcher.client.get(url).text
        assert "/stop" not in page.partition("<main")[2]
        refused = watcher.post(url, "stop")
        assert refused.status_code == 403
    assert dana.client.get(url).status_code == 403
    assert nodes[0] not in dana.read(f"{dashboard_server.url}/c/harbour/_drains")
    assert "Running" in ada.read(url)

    second = ada.plan(nodes[0]).send()
    assert second.status_code == 409
    assert "is being drained already" in second.text

    dashboard_server.run_command("end_session", key=ada.client.cookies["quarterdeck-session"])
    aude.wait_for_text(url, "signed out, or their session expired")
    count = len(list_evictions(controlplane, namespaces[0]))
    assert list_pods(controlplane, nodes[0]) == {"pod-0", "pod-1", "pod-2"}
    other = drains("ada")  # in another session, which takes it over
    controlplane.kubectl("delete", "poddisruptionbudget", "guard", "-n", namespaces[0])
    assert len(list_evictions(controlplane, namespaces[0])) == count
    assert other.post(url, "resume").status_code == 302
    other.wait_for_text(url, "Drained")
    assert list_pods(controlplane, nodes[0]) == set()


def test_nobody_else_starts_one_and_a_hand_made_request_changes_nothing(
    controlplane, dashboard_server, drains, namespaces, nodes
):
    fill(controlplane, namespaces[0], nodes[0])
    path = f"/c/harbour/_cluster/nodes/{nodes[0]}/drain"
    uid = get_object(controlplane, "node", nodes[0])["metadata"]["uid"]
    for name, status in (("rita", 403), ("aude", 403), ("dana", 200)):
        before = len(list_requests(controlplane, name, "create"))
        assert send_without_page(dashboard_server, name, path, uid=uid).status_code == status
        sent = [line for line in list_requests(controlplane, name, "create")[before:] if "eviction" in line]
        assert sent == []
    unseen = send_without_page(dashboard_server, "ada", path)
    assert unseen.status_code == 422
    assert "Field uid is missing" in unseen.text
    other = send_without_page(dashboard_server, "ada", path, uid="another")
    assert other.status_code == 409
    wrong = send_without_page(dashboard_server, "ada", path, uid=uid, grace_period="-1", more_nodes="a/b")
    assert wrong.status_code == 422
    assert "cannot be the name of a node" in wrong.text
    assert 'value="a/b"' in wrong.text
    missing = drains("ada").plan(nodes[0], more_nodes="nowhere")
    assert "There is no node nowhere." in missing.answer.text
    selector = drains("ada").plan(nodes[0], pod_selector="!!")
    assert "errorlist" in selector.answer.text
    assert list_evictions(controlplane, namespaces[0]) == []
    assert "unschedulable" not in get_object(controlplane, "node", nodes[0])["spec"]


def test_it_stops_when_kubernetes_no_longer_allows_it(
    controlplane, dashboard_server, drains, namespaces, nodes
):
    """dana can do it for a while: by a ClusterRole of this test."""
    fill(controlplane, namespaces[0], nodes[0])
    name = f"drainer-{namespaces[0]}"
    controlplane.kubectl(
        "create",
        "clusterrole",
        name,
        "--verb=get,list,patch,create,watch",
        "--resource=nodes,pods,pods/eviction",
    )
    controlplane.kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", "--user=dana")
    try:
        dana = drains("dana")
        url = wait_for(lambda: dana.plan(nodes[0]).send().headers.get("Location"))
        url = dashboard_server.url + url
        dana.wait_for_text(url, "Blocked by guard")
        controlplane.kubectl("delete", "clusterrolebinding", name)
        words = dana.wait_for_text(url, "Stopped", 60)
        assert "cannot be listed" in words or "permission to evict" in words
    finally:
        controlplane.kubectl("delete", "clusterrolebinding,clusterrole", name, "--ignore-not-found")
