"""Forms of actions: the object's UID, the name that is typed where an action needs it, and an action's own fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dashboard.actions.subject import Subject
from dashboard.address.paths import MAX_NAME

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ActionForm(forms.Form):
    """What every action brings along. `uid` is that of the object on the page that was confirmed."""

    uid = forms.CharField(max_length=64, widget=forms.HiddenInput)
    typed = forms.CharField(max_length=MAX_NAME, required=False, widget=forms.TextInput(attrs=PLAIN))

    # Where True, an access review was not enough: the name is compared.
    needs_name = False

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, initial={"uid": subject.uid, **self.build_initial(subject)}, auto_id="id_%s")
        self.subject = subject
        self.fields["typed"].label = _("Type %(name)s to confirm") % {"name": subject.name}

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        """The values that an action's own fields begin with."""
        return {}

    def own_fields(self) -> list[forms.BoundField]:
        """The fields that the action adds, in their order."""
        return [self[name] for name in self.fields if name not in ("uid", "typed")]

    def own_pieces(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        """Differences that are shown below the fields: a title, and lines with what becomes of each."""
        return []

    def require_name(self) -> None:
        """From now on the form is valid only with the object's name typed."""
        self.needs_name = True

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if self.needs_name and typed != self.subject.name:
            raise ValidationError(
                _("This does not match the object's name: type %(name)s.") % {"name": self.subject.name}
            )
        return typed


class PlainForm(ActionForm):
    """An action without choices."""
