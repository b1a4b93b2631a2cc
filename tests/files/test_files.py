"""Files of a container: listed, read, written and archived on a node with real processes, by who may exec there."""

from __future__ import annotations

import io
import os
import re
import socket
import tarfile
from contextlib import chdir
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.actions.pages import ConfirmPage, read_text
from tests.controlplane.kubelet import Kubelet

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "two\nlines",
    "esc\x1b[2J",
    "* ? [a]",
    "-rf",
    "$(touch gone)",
    "\"quote'",
)
LARGE = 5_000_000


@pytest.fixture(scope="module")
def pod(kubelet: Kubelet) -> Path:
    """The pod `files` in shop with a container `app`, one without programs, and its folder here, filled."""
    kubelet.run_pod(
        "files",
        containers=[
            {"name": "app", "image": "registry.example/tools:1", "command": ["sleep", "10000"]},
            {"name": "bare", "image": "registry.example/distroless:1", "command": ["sleep", "10000"]},
        ],
    )
    root = kubelet.container("files").root
    for name in HOSTILE:
        (root / name).write_text(f"content of {name}")
    (root / "folder").mkdir()
    (root / "folder" / "inner").write_text("inner")
    (root / "folder" / "out").symlink_to("/etc/passwd")
    (root / "link").symlink_to("folder")
    (root / "broken").symlink_to("nowhere")
    (root / "hello.txt").write_text("<script>alert(1)</script>\x1b[31mred\n")
    (root / "binary").write_bytes(bytes(range(256)))
    (root / "large").write_bytes(os.urandom(LARGE))
    os.mkfifo(root / "pipe")
    return root


class Files:
    """One person's files page of the pod."""

    def __init__(self, served, name: str, container: str = "app") -> None:
        self.page = ConfirmPage(served, name, "/c/harbour/shop/pods/files/files")
        self.container = container

    def get(self, path: Path | str, page: str = "", **query: str):
        found = "".join(f"&{key}={value}" for key, value in query.items())
        where = quote(os.fsencode(path))
        return self.page.client.get(f"{self.page.url}{page}?container={self.container}&path={where}{found}")

    def upload(self, folder: Path | str, name: str, content: bytes, **fields: str):
        listing = self.get(folder).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', listing)
        data = {"csrfmiddlewaretoken": token[1] if token else "", **fields}
        where = f"{self.page.url}?container={self.container}&path={quote(os.fsencode(folder))}"
        return self.page.client.post(
            where,
            data=data,
            files={"upload": (name, content)},
            headers=self.page.headers,
            allow_redirects=False,
        )


def test_a_folder_is_listed_whatever_its_names_are(dashboard_server, pod):
    page = Files(dashboard_server, "dana").get(pod)
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    assert "\x1b" not in page.text
    for name in (
        "&lt;img src=x onerror=alert(1)&gt;",
        "* ? [a]",
        "-rf",
        "$(touch gone)",
        "folder/",
        "broken",
        "pipe",
    ):
        assert name in page.text, name
    assert not (pod / "gone").exists()
    assert "→ nowhere" in read_text(page)
    assert f"{LARGE / 1024**2:.1f}" in read_text(page).replace("\xa0", " ")
    assert Files(dashboard_server, "dana").get(f"{pod}/./folder/../folder").text.count("inner") > 0


def test_a_file_is_shown_as_text_and_downloaded_as_it_is(dashboard_server, pod):
    files = Files(dashboard_server, "dana")
    shown = files.get(pod / "hello.txt", view="1")
    assert "&lt;script&gt;" in shown.text
    assert "\x1b" not in shown.text
    assert "This file is not text" in read_text(files.get(pod / "binary", view="1"))
    assert "Only the first" in read_text(files.get(pod / "large", view="1"))
    for name in (*HOSTILE, "binary", "large"):
        got = files.get(pod / name, "/download")
        assert got.content == (pod / name).read_bytes()
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment; ")
    for name in ("pipe", "folder", "nowhere"):
        for refused in (files.get(pod / name, view="1"), files.get(pod / name, "/download")):
            assert refused.status_code == 422
            assert "This is not a file that can be read." in read_text(refused)
            assert "Content-Disposition" not in refused.headers
    assert "The container cannot open this folder." in read_text(
        files.get(pod / "no" / "where", "/download", folder="1")
    )
    assert files.get(pod / "nowhere").status_code == 422
    for path in ("relative", "/nul%00", "/" + "x" * 5000):
        assert files.page.client.get(f"{files.page.url}?path={path}").status_code == 400


def test_a_folder_is_an_archive_without_what_leads_out_of_it(dashboard_server, pod):
    with socket.socket(socket.AF_UNIX) as one, chdir(pod):  # a socket's whole path may have 107 bytes
        one.bind("socket")
    archive = Files(dashboard_server, "dana").get(pod, "/download", folder="1")
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as found:
        names = found.getnames()
        large = found.extractfile("./root/large")
        assert large is not None
        assert large.read() == (pod / "large").read_bytes()
        left_out = found.extractfile("LEFT-OUT-BY-QUARTERDECK.txt")
        assert left_out is not None
        text = left_out.read().decode()
    assert {f"./root/{name}" for name in HOSTILE} <= set(names)
    assert "./root/folder/out" not in names
    assert "folder/out" in text
    assert "pipe" in text


def test_an_upload_is_whole_and_replaces_only_where_that_was_chosen(dashboard_server, pod):
    files = Files(dashboard_server, "dana")
    content = os.urandom(200_000)
    assert files.upload(pod, "new <b>", content).status_code == 302
    assert (pod / "new <b>").read_bytes() == content
    again = files.upload(pod, "new <b>", b"other")
    assert again.status_code == 409
    assert "There is something of that name already" in read_text(again)
    assert (pod / "new <b>").read_bytes() == content
    assert files.upload(pod, "new <b>", b"other", replace="1").status_code == 302
    assert (pod / "new <b>").read_bytes() == b"other"
    assert files.upload(pod, "empty", b"").status_code == 302
    assert (pod / "empty").read_bytes() == b""
    assert files.get(pod / "empty", "/download").content == b""
    (pod / "trap").symlink_to(pod / "hello.txt")
    before = (pod / "hello.txt").read_bytes()
    assert files.upload(pod, "trap", b"x").status_code == 409
    assert files.upload(pod, "trap", b"x", replace="1").status_code == 302
    assert (pod / "hello.txt").read_bytes() == before
    assert files.upload(pod, "folder", b"x", replace="1").status_code == 409
    assert files.upload(pod / "nowhere", "x", b"x").status_code in (403, 409)
    assert files.upload(pod, "big", bytes(3 * 1024 * 1024 + 1)).status_code == 413
    assert not (pod / "big").exists()
    assert files.upload(pod, "../up", b"x").status_code == 302  # Django keeps the last part of a name alone
    assert (pod / "up").exists()
    assert not list(pod.glob(".quarterdeck-*"))


def test_a_container_without_programs_says_so(dashboard_server, pod):
    for page in ("", "/download"):
        refused = Files(dashboard_server, "dana", "bare").get("/", page)
        assert refused.status_code == 422
        assert "This container lacks a program" in read_text(refused)


def test_it_is_for_who_may_exec_and_each_access_is_in_the_audit_trail(dashboard_server, pod):
    for name, status in (("rita", 403), ("rene", 403), ("aude", 403), ("stan", 404)):
        assert Files(dashboard_server, name).get(pod).status_code == status, name
        assert Files(dashboard_server, name).get(pod / "hello.txt", "/download").status_code == status, name
        assert Files(dashboard_server, name).upload(pod, "never", b"x").status_code in (403, 404), name
    assert not (pod / "never").exists()
    files = Files(dashboard_server, "dana")
    files.get(pod / "binary", "/download")
    deployments = f"{dashboard_server.url}/c/harbour/shop/deployments.apps/web/files"
    assert files.page.client.get(deployments).status_code == 400
    trail = (
        Files(dashboard_server, "ada").page.client.get(f"{dashboard_server.url}/people/audit/?q=files").text
    )
    for word in ("&quot;direction&quot;: &quot;download&quot;", "&quot;received&quot;: 256", f"{pod}/binary"):
        assert word in trail, word


def test_the_page_in_a_browser(dashboard_server, pod, open_as):
    page = open_as("dana", f"/c/harbour/shop/pods/files/files?container=app&path={quote(str(pod))}")
    page.get_by_role("link", name="folder/", exact=True).click()
    page.get_by_role("link", name="inner", exact=True).click()
    assert "inner" in page.locator(".files-content").inner_text()
    page.go_back()
    page.get_by_label("File (max. 3 MiB)").set_input_files(
        {"name": "from-browser.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="from-browser.txt", exact=True).wait_for()
    assert (pod / "folder" / "from-browser.txt").read_text() == "hello"
    page.get_by_label("Container").select_option("bare")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("This container lacks a program").wait_for()
