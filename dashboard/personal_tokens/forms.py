"""Form of a new personal token: what it is called, how long it lives, and what it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clusters.api.paths import is_dns_label
from clusters.models import Cluster
from clusters.personal_tokens.store import TokenScope
from clusters.sharing import visible_clusters
from people.models import PRINTABLE, User

DEFAULT_DAYS = 30
MAX_NAMESPACES = 50


class TokenForm(forms.Form):
    """Read-only unless somebody chooses otherwise; at least one cluster."""

    name = forms.CharField(
        label=_("Name"), max_length=100, validators=[PRINTABLE], help_text=_("Where you will use it.")
    )
    days = forms.IntegerField(label=_("Expires after (days)"), min_value=1, initial=DEFAULT_DAYS)
    clusters = forms.ModelMultipleChoiceField(
        label=_("Clusters"),
        queryset=Cluster.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one cluster.")},
    )
    namespaces = forms.CharField(
        label=_("Namespaces"),
        required=False,
        help_text=_(
            "Separated by commas. Leave it empty for all namespaces and for resources without a namespace."
        ),
    )
    access = forms.ChoiceField(
        label=_("Access"),
        choices=[
            ("read", _("Read only")),
            ("write", _("Everything that you can do")),
        ],
        widget=forms.RadioSelect,
        initial="read",
    )

    def __init__(self, *arguments: Any, user: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        longest = settings.PERSONAL_TOKEN_MAX_DAYS
        choice: Any = self.fields["clusters"]
        choice.queryset = visible_clusters(user)
        days: Any = self.fields["days"]
        days.widget.attrs["max"] = longest
        days.initial = min(DEFAULT_DAYS, longest)
        days.help_text = _("At most %(days)s.") % {"days": longest}

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if days > settings.PERSONAL_TOKEN_MAX_DAYS:
            raise ValidationError(
                _("Choose at most %(days)s days."), params={"days": settings.PERSONAL_TOKEN_MAX_DAYS}
            )
        return days

    def clean_namespaces(self) -> list[str]:
        names = [one.strip() for one in self.cleaned_data["namespaces"].split(",") if one.strip()]
        for name in names:
            if not is_dns_label(name):
                raise ValidationError(
                    _("“%(name)s” is not a name of a namespace."), params={"name": name[:63]}
                )
        if len(names) > MAX_NAMESPACES:
            raise ValidationError(_("Name at most %(most)s namespaces."), params={"most": MAX_NAMESPACES})
        return list(dict.fromkeys(names))

    @property
    def scope(self) -> TokenScope:
        values = self.cleaned_data
        return TokenScope(list(values["clusters"]), values["namespaces"], values["access"] != "write")

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])
