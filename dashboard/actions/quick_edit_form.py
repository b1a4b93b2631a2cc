"""Quick edits: the form of a part of an object, which notices when somebody else changed that part meanwhile."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from dashboard.actions.forms import ActionForm
from dashboard.actions.subject import Subject
from dashboard.kinds.fields import text
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import describe_error


class QuickEditForm(ActionForm):
    """`started` names the part as the page showed it. What is sent is for the version that is there now, and only where
    the part is still the same."""

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self.now = self._hash_part()
        self.fields["started"] = forms.CharField(
            required=False, max_length=64, initial=self.now, widget=forms.HiddenInput
        )

    def read_part(self) -> Any:
        """What of the object is edited."""
        raise NotImplementedError

    def own_fields(self) -> list[forms.BoundField]:
        return [one for one in super().own_fields() if one.name != "started"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("started") not in ("", None, self.now):
            self.data = {**{name: self.data[name] for name in self.data}, "started": self.now}
            message = _(
                "Somebody else changed this in the meantime. The fields hold what you typed: check them."
            )
            raise ValidationError(message)
        return cleaned

    def _hash_part(self) -> str:
        """Hidden values of the same size are no sign that they are equal: there the version decides."""
        part = [self.read_part()]
        if self.subject.opened.is_secret:
            part.append(text(self.subject.found, "metadata", "resourceVersion"))
        written = json.dumps(part, sort_keys=True, default=str)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def explain_rejection(error: ApiError) -> Notice:
    """On the same page, so that nothing that was typed is lost."""
    return describe_error(error)
