"""Upload handler: keeps uploaded files in memory up to a limit, never on disk."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

# Bytes: one more than a file of a container may have; each form has a limit of its own and refuses it by name.
MAX_BYTES = 3 * 1024 * 1024 + 1


class InMemory(FileUploadHandler):
    """Keeps the first bytes of a file and drops the rest, however long it is."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.buffer = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.buffer.write(raw_data[: max(0, MAX_BYTES - start)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=min(file_size, MAX_BYTES),
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
