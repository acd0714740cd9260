"""The numbers of the rule: changed between rounds by adding a row, never inside one."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from experts import quorum, rights, wording
from experts.models import QuorumPolicy
from experts.models.expert import Profile
from experts.reviewing import current_policy


def _share(label):
    return forms.CharField(
        label=label,
        max_length=9,
        help_text=gettext_lazy("A share, such as 2/3."),
        widget=forms.TextInput(attrs={"size": 6}),
    )


class PolicyForm(forms.ModelForm):
    smallest_panel = forms.IntegerField(
        label=gettext_lazy("verdicts that count, at least"), min_value=3, max_value=50
    )
    answered = _share(gettext_lazy("of the accepted seats have answered, at least"))
    profiles = forms.MultipleChoiceField(
        label=gettext_lazy("fields that must have a verdict"),
        choices=Profile.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    of_each_perspective = forms.IntegerField(
        label=gettext_lazy("verdicts of each community, at least"), min_value=1, max_value=10
    )
    large_panel = forms.IntegerField(
        label=gettext_lazy("a panel is large from so many seats on"), min_value=2, max_value=50
    )
    of_each_perspective_on_large = forms.IntegerField(
        label=gettext_lazy("verdicts of each community on a large panel, at least"),
        min_value=1,
        max_value=10,
    )
    largest_share = _share(gettext_lazy("of the verdicts from one community, at most"))
    approving = _share(gettext_lazy("of the verdicts approve, at least"))
    approving_inside = _share(gettext_lazy("of each community approve, at least"))

    class Meta:
        model = QuorumPolicy
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        policy = current_policy().policy
        for name in self.fields:
            value = getattr(policy, name)
            is_share = isinstance(value, tuple) and name != "profiles"
            self.initial[name] = "{}/{}".format(*value) if is_share else value

    def clean(self):
        """Read the shares and make a quorum.Policy of everything."""
        cleaned, values = super().clean(), {}
        for name, value in list(cleaned.items()):
            values[name] = tuple(value) if name == "profiles" else value
            if name in ("answered", "largest_share", "approving", "approving_inside"):
                part, _slash, whole = value.partition("/")
                if not (part.strip().isdecimal() and whole.strip().isdecimal()):
                    self.add_error(name, _("Write a share, such as 2/3."))
                else:
                    values[name] = (int(part), int(whole))
        if not self.errors:
            try:
                self.policy = quorum.Policy(**values)
            except ValueError as error:
                raise forms.ValidationError(_("A share is between 0 and 1.")) from error
            for name in ("answered", "approving"):
                part, whole = getattr(self.policy, name)
                if 2 * part < whole:  # else "verified" would say less than readers think
                    self.add_error(name, _("At least a half."))
        return cleaned


@admin.register(QuorumPolicy)
class QuorumPolicyAdmin(admin.ModelAdmin):
    """Publishers and administrators add; everybody who works on reviews reads."""

    form = PolicyForm
    list_display = ["since", "in_words", "decided_by"]

    @admin.display(description=gettext_lazy("rule of the quorum"))
    def in_words(self, row):
        return " ".join(wording.numbers(row.policy))

    def has_module_permission(self, request):
        return rights.holds(request.user, rights.WITHDRAW)

    def has_view_permission(self, request, obj=None):
        return rights.holds(request.user, rights.WITHDRAW)

    has_add_permission = has_module_permission

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission

    def save_model(self, request, obj, form, change):
        obj.rules, obj.since, obj.decided_by = form.policy.as_json(), timezone.now(), request.user
        super().save_model(request, obj, form, change)
