"""The create page as its form is used: fields as a browser sends them."""

from __future__ import annotations

from tests.dashboard_server import DashboardServer
from tests.edit.editor import EditPage


def open_create(
    served: DashboardServer, name: str, namespace: str = "shop", *, query: str = "", cluster: str = "harbour"
) -> EditPage:
    """The page of one person; its text is reviewed with `review`, and created with `send(..., step="create")`."""
    client = served.client(name)
    url = f"{served.url}/c/{cluster}/{namespace}/_create"
    return EditPage(client, url, client.get(url + query))


def review(page: EditPage, text: str, namespace: str = "shop") -> EditPage:
    return page.send(text, step="review", namespace=namespace)


def create(page: EditPage, text: str = "", namespace: str = "shop") -> EditPage:
    """Press Create on the page of a review."""
    return page.send(text or page.text, step="create", namespace=namespace)
