"""Forms: accounts, passwords, invitations, global roles, teams and memberships."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import PRINTABLE, GlobalRole, Membership, Team, TeamRole, User
from people.usernames import check_new_username


def _rules_text() -> str:
    return " ".join(str(text) for text in password_validators_help_texts())


def get_post_data(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to; an empty POST is an answer too."""
    return request.POST if request.method == "POST" else None


_rules = lazy(_rules_text, str)


def _password(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=4096, help_text=help_text)


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = _password(_("New password"), "new-password", _rules())
    again = _password(_("Confirm new password"), "new-password")

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def get_described_user(self) -> User:
        """The person whom the password must not resemble."""
        return self.user or User(
            username=self.cleaned_data.get("username", ""), name=self.cleaned_data.get("name", "")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password, again = cleaned.get("password"), cleaned.get("again")
        if not password:
            return cleaned
        try:
            validate_password(password, self.get_described_user())
        except ValidationError as error:
            self.add_error("password", error)
        if again and password != again:
            self.add_error("again", gettext("The passwords do not match."))
        return cleaned


class ChangePasswordForm(PasswordForm):
    """With the present password, for a person who has one."""

    current = _password(_("Current password"), "current-password")
    field_order = ("current", "password", "again")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if not user.has_usable_password():
            del self.fields["current"]


class AccountForm(PasswordForm):
    """A new person's own account."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_("Letters and digits of one script, and @ . + - _ between them"),
    )
    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        validators=[PRINTABLE],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("username", "name", "password", "again")

    def clean_username(self) -> str:
        return check_new_username(self.cleaned_data["username"])


class NameForm(forms.ModelForm):  # type: ignore[type-arg] # not at run time
    class Meta:
        model = User
        fields = ["name"]


class InvitationForm(forms.Form):
    """What the invited person will be; a team can be joined later too."""

    global_role = forms.ChoiceField(
        label=_("Global role"), choices=GlobalRole.choices, initial=GlobalRole.MEMBER
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.order_by("name"), required=False, empty_label=_("No team")
    )
    role = forms.ChoiceField(label=_("Team role"), choices=TeamRole.choices, initial=TeamRole.VIEWER)


class GlobalRoleForm(forms.Form):
    global_role = forms.ChoiceField(label=_("Global role"), choices=GlobalRole.choices)


class TeamForm(forms.ModelForm):  # type: ignore[type-arg] # not at run time
    class Meta:
        model = Team
        fields = ["name", "slug"]
        help_texts = {"slug": _("Used in URLs: letters, digits, hyphens and underscores.")}


class MembershipForm(forms.Form):
    """A person and the role; a person who is a member already gets the new role."""

    user = forms.ModelChoiceField(
        label=_("User"), queryset=User.objects.filter(is_active=True).order_by("name", "username")
    )
    role = forms.ChoiceField(label=_("Role"), choices=TeamRole.choices, initial=TeamRole.VIEWER)


class RoleForm(forms.ModelForm):  # type: ignore[type-arg] # not at run time
    class Meta:
        model = Membership
        fields = ["role"]
