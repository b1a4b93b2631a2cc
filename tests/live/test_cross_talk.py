"""Do two people on one page, through one pool of connections, ever get a row of the other's rights?"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.served import Served

ROUNDS = 1000
THREADS = 8
NAME = re.compile(r'<th scope="row"[^>]*><a href="/c/harbour/([^/]+)/([^/"]+)/([^"]+)">')


def rows(text: str) -> frozenset[tuple[str, str]]:
    """(namespace, name) of every row of the list."""
    body = text.partition('id="list-rows"')[2].partition("</tbody>")[0]
    return frozenset((namespace, name) for namespace, _, name in NAME.findall(body))


def test_a_thousand_alternating_loads_in_parallel_never_mix(controlplane, served: Served):
    """dana sees shop alone, rene shop and pay; the URL is the same (security: classes 12 and 13)."""
    url = f"{served.url}/c/harbour/shop,pay/configmaps"
    cookies = {name: served.client(name).cookies for name in ("dana", "rene")}
    local = threading.local()

    def load(number: int) -> tuple[str, frozenset[tuple[str, str]]]:
        name = ("dana", "rene")[number % 2]
        clients = local.__dict__.setdefault("clients", {})
        if name not in clients:
            clients[name] = served.client()
            clients[name].cookies.update(cookies[name])
        answer = clients[name].get(url)
        assert answer.status_code == 200
        return name, rows(answer.text)

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        seen = list(pool.map(load, range(ROUNDS)))
    by_person = {name: {found for who, found in seen if who == name} for name in ("dana", "rene")}
    for name, allowed in (("dana", {"shop"}), ("rene", {"shop", "pay"})):
        assert len(by_person[name]) == 1, "the same rows a thousand times"
        direct = {
            (namespace, one)
            for namespace in allowed
            for one in controlplane.kubectl(
                "get", "configmaps", "-n", namespace, "-o", "name", person=name
            ).split()
        }
        assert {(namespace, f"configmap/{one}") for namespace, one in by_person[name].pop()} == direct
