"""The forms of policies: settings and all rules at once, a new policy, a dry run."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import AccountGroup
from accounts.staff import faults_of
from compliance.actions.policies import canonical_rules
from compliance.engine.rules import parse_rules
from compliance.enums import UploadStatus
from compliance.models import Mapping, Policy
from compliance.packs.loader import available_packs, load_pack
from web.errors import ValidationFailed
from web.parsers import read_json

SETTINGS = ("name", "description", "score_method", "time_zone", "compat", "reopen_growth")
LABELS = {"compat": "Tumbling windows"}
HELP = {
    "compat": "Cuts time into fixed hours and days in every rule, as older tools do: what lies around a boundary is not"
    " added up. For comparing with them; leave it off otherwise."
}
MOST_MAPPINGS = 200  # to choose from, the newest
RULES = forms.Textarea(attrs={"class": "rules", "spellcheck": "false"})


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """`base_version` is the one the text was opened with: none made meanwhile is overwritten unseen."""

    rules = forms.CharField(
        widget=RULES, help_text="A JSON list of rules. A change of the rules makes a new version; scans keep theirs."
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Policy
        fields = SETTINGS
        labels, help_texts = LABELS, HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.current()
        self.initial.update(rules=as_text(current.rules), base_version=current.number)

    def clean_rules(self) -> list[dict[str, Any]]:
        return _rules(self.cleaned_data["rules"])

    def clean_base_version(self) -> int:
        opened: int = self.cleaned_data["base_version"]
        if (now := self.instance.current().number) != opened:
            # Above the form: the field itself is hidden.
            self.add_error(
                None,
                f"Version {now} has been made since you opened version {opened}: copy your text, reload.",
            )
        return opened


class NewPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name and a pack are enough."""

    pack = forms.ChoiceField(
        required=False, help_text="Start with the rules of a pack; or with none, and add them one by one afterwards."
    )
    rules = forms.CharField(required=False, widget=RULES, help_text="Or a JSON list of rules.")

    class Meta:
        model = Policy
        fields = ("group", *SETTINGS)
        labels, help_texts = LABELS, HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        packs: Any = self.fields["pack"]
        packs.choices = [("", "none"), *((pack.name, pack.title) for pack in available_packs())]

    def clean_rules(self) -> list[dict[str, Any]]:
        text, pack = self.cleaned_data["rules"].strip(), self.cleaned_data.get("pack")
        if text and pack:
            raise ValidationError("Choose a pack or write rules, not both.")
        return [rule.canonical() for rule in load_pack(pack).rules] if pack else _rules(text) if text else []


class MappingChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The uploads of a group whose content is there, each with a mapping confirmed for it; the newest first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Mapping.objects.none(), **kwargs)

    @property
    def nothing(self) -> SafeString:
        url = reverse("admin:compliance_upload_changelist")
        return format_html(
            'No upload has a mapping yet; choose one at <a href="{}">Uploads</a> and map its columns.', url
        )

    def offer(self, group: AccountGroup) -> None:
        mappings = Mapping.objects.filter(upload__group=group).exclude(upload__status=UploadStatus.DELETED)
        newest = list(mappings.order_by("-created_at").values_list("pk", flat=True)[:MOST_MAPPINGS])
        offered: Any = Mapping.objects.filter(pk__in=newest).select_related("upload").order_by("-created_at")
        self.queryset = offered.defer("upload__profile", "upload__sample_rows")  # no slice: a choice could not be found

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.upload}: {obj}"


class DryRunForm(forms.Form):
    """Which file, and which rules; empty: those the policy has."""

    mapping = MappingChoice(help_text="The upload, with a mapping confirmed for it.")
    label_column = forms.CharField(
        required=False, max_length=300, help_text="The column of the file that says what is right, if there is one."
    )
    rules = forms.CharField(required=False, widget=RULES, help_text="A JSON list; empty: the policy's own.")

    def __init__(self, *args: Any, row: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["mapping"]
        choice.offer(row.group)

    def clean_rules(self) -> list[dict[str, Any]] | None:
        text = self.cleaned_data["rules"]
        return _rules(text) if text.strip() else None


def as_text(rules: list[dict[str, Any]]) -> str:
    """As people write rules: the database does not keep the order of the parts."""
    return json.dumps([rule.canonical() for rule in parse_rules(rules)], indent=2, ensure_ascii=False)


def _rules(text: str) -> list[dict[str, Any]]:
    """The canonical rules of a text; every fault with its path."""
    try:
        return canonical_rules(read_json(text.encode("utf-8", "surrogatepass")))
    except ValidationFailed as refusal:
        raise ValidationError([fault.replace("The body", "The text") for fault in faults_of(refusal)]) from refusal
