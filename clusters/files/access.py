"""File access: folders listed, files read and written, folders archived, in a container and by exec alone."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from clusters.api.byte_streams import StreamLimits
from clusters.api.streams import Streams
from clusters.exec.client import ExecStream, open_exec, run_exec
from clusters.exec.ending import ExecEnding
from clusters.exec.request import ExecRequest
from clusters.files import scripts
from clusters.files.archives import ArchiveFilter
from clusters.files.listing import Folder, clean_name, clean_path, read_listing
from clusters.gateway.connect import ClusterSession

MAX_VIEW = 512 * 1024  # bytes of a file that a page shows
MAX_UPLOAD = 3 * 1024 * 1024
MAX_LISTING = 2 * 1024 * 1024
SECONDS = 30.0
IDLE_SECONDS = 60.0  # of a download: without a byte for so long it is over


class FilesUnavailable(Exception):
    """The container has not done it. `ending` says how its command ended, `stderr` what it said."""

    def __init__(self, ending: ExecEnding, stderr: str = "") -> None:
        super().__init__(stderr or ending.message or f"exit code {ending.exit_code}")
        self.ending = ending
        self.stderr = stderr


@dataclass(frozen=True)
class FileAccess:
    """The files of one container. Every method raises what `open_exec` raises, and FilesUnavailable."""

    session: ClusterSession
    namespace: str
    pod: str
    container: str

    def build_request(self, *command: str, stdin: bool = False) -> ExecRequest:
        """A command in the container."""
        return ExecRequest(self.namespace, self.pod, self.container, command, stdin=stdin)

    async def list_folder(self, path: str) -> Folder:
        """At most 1,000 entries. Raises BadPath."""
        path = clean_path(path)
        request = self.build_request("sh", "-c", scripts.LIST, "sh", path)
        streams = Streams()
        try:
            found = await run_exec(
                streams,
                self.session,
                request,
                max_bytes=MAX_LISTING,
                seconds=SECONDS,
                detail=_describe("list", path),
            )
        finally:
            await streams.close()
        is_cut = found.is_cut or found.ending.exit_code == scripts.TOO_MANY
        if not (is_cut or found.ending.is_success):
            raise FilesUnavailable(found.ending, _decode(found.stderr))
        return read_listing(path, found.stdout, is_cut=is_cut)

    async def read_file(self, path: str) -> tuple[bytes, bool]:
        """Its first bytes, and whether there are more. Raises BadPath."""
        path = clean_path(path)
        request = self.build_request("sh", "-c", scripts.READ, "sh", path)
        streams = Streams()
        try:
            found = await run_exec(
                streams,
                self.session,
                request,
                max_bytes=MAX_VIEW,
                seconds=SECONDS,
                detail=_describe("view", path),
            )
        finally:
            await streams.close()
        if not (found.is_cut or found.ending.is_success):
            raise FilesUnavailable(found.ending, _decode(found.stderr))
        return found.stdout, found.is_cut

    async def write_file(self, folder: str, name: str, content: bytes, *, replace: bool) -> None:
        """It is there as a whole or not at all. Raises BadPath, and ValueError above MAX_UPLOAD."""
        if len(content) > MAX_UPLOAD:
            raise ValueError(f"{len(content)} bytes are more than {MAX_UPLOAD}.")
        folder, name = clean_path(folder), clean_name(name)
        base = folder.rstrip("/")
        path, part = f"{base}/{name}", f"{base}/.quarterdeck-{secrets.token_hex(6)}"
        mode = "replace" if replace else "keep"
        request = self.build_request(
            "sh", "-c", scripts.WRITE, "sh", path, str(len(content)), part, mode, stdin=True
        )
        streams = Streams()
        try:
            found = await run_exec(
                streams,
                self.session,
                request,
                content=content,
                seconds=SECONDS,
                detail=_describe("upload", path),
            )
        finally:
            await streams.close()
        if not found.ending.is_success:
            raise FilesUnavailable(found.ending, _decode(found.stderr))

    @asynccontextmanager
    async def download_file(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Its bytes, as they come. Entering raises BadPath; FilesUnavailable comes before the first byte, or at a
        premature end."""
        path = clean_path(path)
        request = self.build_request("sh", "-c", scripts.READ, "sh", path)
        async with self._open(request, "download", path) as stream:
            yield _read_content(stream)

    @asynccontextmanager
    async def download_folder(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """A tar archive of it, without what could harm who unpacks it. Raises as download_file, and BadArchive."""
        path = clean_path(path)
        above, _slash, name = path.rpartition("/")
        request = self.build_request("sh", "-c", scripts.ARCHIVE, "sh", above or "/", name or ".")
        async with self._open(request, "download folder", path) as stream:
            yield _filter_archive(_read_content(stream))

    @asynccontextmanager
    async def _open(self, request: ExecRequest, direction: str, path: str) -> AsyncIterator[ExecStream]:
        streams = Streams()
        limits = StreamLimits(idle_seconds=IDLE_SECONDS)
        try:
            async with open_exec(
                streams, self.session, request, detail=_describe(direction, path), limits=limits
            ) as stream:
                yield stream
        finally:
            await streams.close()


async def _read_content(stream: ExecStream) -> AsyncIterator[bytes]:
    stderr = b""
    while (output := await stream.read()) is not None:
        if output.is_error:
            stderr = (stderr + output.content)[:2_000]
        else:
            yield output.content
    if stream.ending is None or not stream.ending.is_success:
        raise FilesUnavailable(stream.ending or ExecEnding(None), _decode(stderr))


async def _filter_archive(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    archive = ArchiveFilter()
    async for piece in content:
        for part in archive.feed(piece):
            yield part
    for part in archive.finish():
        yield part


def _describe(direction: str, path: str) -> dict[str, str]:
    """For the audit trail, in place of the script."""
    return {"command": f"{direction} {path}"[:500], "direction": direction, "path": path[:500]}


def _decode(stderr: bytes) -> str:
    return stderr.decode("utf-8", "replace").strip()[:500]
