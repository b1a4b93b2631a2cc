"""Does hostile text in any object do anything on a list page but stand there as text?"""

from __future__ import annotations

from tests.browser import complaints
from tests.live.pages import is_in_state

RUNS = """() => window.alerted === true || document.querySelector(
    "main script, main [onerror], main img, main iframe, main [hx-get], main [onclick]") !== null"""


def kinds(served) -> list[str]:
    """Every kind that the cluster's page of all kinds links to in the hostile namespace."""
    page = served.client("ada").get(f"{served.url}/c/harbour/hostile/_kinds").text
    found = {part.partition('"')[0] for part in page.split('href="/c/harbour/hostile/')[1:]}
    return sorted(kind for kind in found if kind and "/" not in kind and not kind.startswith("_"))


def test_no_list_runs_what_objects_hold(served, open_as):
    every = kinds(served)
    assert len(every) > 20
    page = open_as("ada", "/c/harbour/hostile/pods?wide=1")
    page.on("dialog", lambda dialog: (page.evaluate("window.alerted = true"), dialog.dismiss()))
    is_in_state(page, "live")
    for kind in every:
        page.goto(f"{served.url}/c/harbour/hostile/{kind}?wide=1")
        page.wait_for_selector("#live-state[data-live]")
        assert not page.evaluate(RUNS), kind
    assert [line for line in complaints(page) if "WebSocket" not in line] == []


def test_no_address_reflects_what_it_holds(served):
    client = served.client("dana")
    attack = "%3Cscript%3Ealert(1)%3C/script%3E"
    for path in (
        f"/c/harbour/shop/pods?q={attack}&sort={attack}&columns={attack}&label={attack}&selector={attack}&x={attack}",
        f"/c/harbour/{attack}/pods",
        f"/c/{attack}/shop/pods",
        f"/c/harbour/shop/{attack}",
        f"/c/harbour/shop/pods/{attack}",
    ):
        answer = client.get(served.url + path)
        assert "<script>alert" not in answer.text, path
        assert answer.status_code in (200, 400, 404), path
