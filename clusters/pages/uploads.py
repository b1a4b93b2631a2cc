"""Where does an uploaded file go? Into memory, up to a bound; a kubeconfig with its keys never touches a disk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST = 1024 * 1024 + 1  # bytes: one more than a kubeconfig may have, so that its own limit refuses it by name


class InMemory(FileUploadHandler):
    """Keeps the first bytes of a file and drops the rest, however long it is."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept.write(raw_data[: max(0, MOST - start)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.kept.seek(0)
        return InMemoryUploadedFile(
            file=self.kept,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=min(file_size, MOST),
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
