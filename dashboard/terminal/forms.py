"""Form that starts a terminal: container, what is run in it, and the confirmation of a protected cluster."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.terminal.launch import SHELLS, TerminalLaunch

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
MAX_COMMAND = 4000
ANY_SHELL = "any"
MODES = (
    ("shell", gettext_lazy("A shell")),
    ("command", gettext_lazy("A command of your own")),
    ("attach", gettext_lazy("Attach to the container's own process")),
)


class TerminalForm(forms.Form):
    """`pods` and `containers` are names that can be chosen; a pod is chosen for a workload alone."""

    pod = forms.ChoiceField(label=gettext_lazy("Pod"))
    container = forms.ChoiceField(label=gettext_lazy("Container"))
    mode = forms.ChoiceField(label=gettext_lazy("Run"), choices=MODES, widget=forms.RadioSelect)
    shell = forms.ChoiceField(
        label=gettext_lazy("Shell"),
        choices=((ANY_SHELL, gettext_lazy("Whichever is there")), *((one, one) for one in SHELLS)),
        help_text=gettext_lazy("bash, sh, ash and cmd are looked for, in this order."),
    )
    command = forms.CharField(
        label=gettext_lazy("Command"),
        required=False,
        max_length=MAX_COMMAND,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Words with quotes as in a shell; nothing in it is expanded."),
    )
    confirmed = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        pods: Sequence[str],
        containers: Sequence[str],
        protected: str = "",
        **more: Any,
    ) -> None:
        super().__init__(data, auto_id="id_%s", **more)
        self.fields["pod"].choices = [(one, one) for one in pods]  # type: ignore[attr-defined]
        self.fields["container"].choices = [(one, one) for one in containers]  # type: ignore[attr-defined]
        if len(pods) == 1:
            self.fields["pod"].widget = forms.HiddenInput()
        if protected:
            label = _("Open a terminal in the protected cluster %(cluster)s") % {"cluster": protected}
            self.fields["confirmed"] = forms.BooleanField(
                label=label, error_messages={"required": _("Confirm that it is this cluster that you mean.")}
            )
        else:
            del self.fields["confirmed"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("mode") == "command" and not self.errors.get("command"):
            try:
                values["words"] = shlex.split(values.get("command", ""))
            except ValueError:
                raise ValidationError({"command": _("A quote in it is not closed.")}) from None
            if not values["words"]:
                raise ValidationError({"command": _("Enter a command, or choose a shell.")})
        return values

    def build_launch(self, namespace: str) -> TerminalLaunch:
        """Of a form that is valid."""
        values = self.cleaned_data
        words: tuple[str, ...] = tuple(values.get("words", ()))
        if values["mode"] == "shell" and values["shell"] != ANY_SHELL:
            words = (values["shell"],)
        return TerminalLaunch(namespace, values["pod"], values["container"], values["mode"], words)

    def own_fields(self) -> list[forms.BoundField]:
        """The visible fields, in their order."""
        return [self[name] for name, field in self.fields.items() if not field.widget.is_hidden]
