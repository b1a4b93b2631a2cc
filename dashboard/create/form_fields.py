"""Fields of short forms: the name that every object has, text areas, and lines with a key and a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.paths import MAX_NAME, is_object_name

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
LARGEST = 256 * 1024  # characters of a field
PAIRS_HINT = gettext_lazy("One a line, as key=value.")


@dataclass(frozen=True)
class FieldGroup:
    """Fields that belong together. Without a title they stand alone."""

    title: Promise | str
    fields: Sequence[forms.BoundField]
    hint: Promise | str = ""


class ShortForm(forms.Form):
    """The name that every object has."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs=PLAIN)
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_object_name(name):
            raise ValidationError(_("“%(name)s” is not a valid object name.") % {"name": name})
        return name

    def groups(self) -> Sequence[FieldGroup]:
        """The fields as they stand on the page."""
        return [FieldGroup("", list(self))]

    def build(self, namespace: str) -> dict[str, Any]:
        """The object, by the valid fields."""
        raise NotImplementedError

    def build_all(self, namespace: str) -> Sequence[dict[str, Any]]:
        """All objects of the form."""
        return [self.build(namespace)]


def make_area(label: Any, rows: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LARGEST,
        strip=False,
        widget=forms.Textarea({**PLAIN, "rows": str(rows)}),
        **options,
    )


def parse_pairs(text: str) -> dict[str, str]:
    """Raises ValidationError, which names the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        key, sign, value = line.partition("=")
        if not line.strip():
            continue
        if not sign or not key.strip():
            raise ValidationError(_("Line %(n)d is no key=value.") % {"n": number})
        if key.strip() in found:
            raise ValidationError(_("Line %(n)d has a key that stands above already.") % {"n": number})
        found[key.strip()] = value
    return found
