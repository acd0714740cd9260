"""A new agreement: its address, its theme, and the first facts of its first draft."""

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agreements import drafting, publishing
from agreements.models import Agreement, Theme, Version
from agreements.models.version import FormOfAct, Precision, Track

from .desk import needs_right, refused


class StartForm(forms.Form):
    """What a first draft cannot do without; everything else is written in its sheets."""

    slug = forms.SlugField(
        label=_("Address"),
        max_length=80,
        help_text=_("Short, in English, with hyphens, such as customs-stamps. It never changes."),
    )
    theme = forms.ModelChoiceField(Theme.objects.all(), label=_("Theme"))
    source_language = forms.ChoiceField(
        label=_("Source language"),
        choices=Version.SourceLanguage.choices,
        initial="en",
        help_text=_("The language you write in first; the others are translated from it."),
    )
    date_agreed = forms.DateField(
        label=_("Agreed on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    date_precision = forms.ChoiceField(
        label=_("The date is known to the"), choices=Precision.choices, initial="day"
    )
    track = forms.ChoiceField(label=_("Track"), choices=Track.choices)
    form_of_act = forms.ChoiceField(label=_("Form of act"), choices=FormOfAct.choices)
    known_as_of = forms.DateField(
        label=_("Known up to"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The day up to which the text will know what happened."),
    )

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if Agreement.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is an agreement with this address already."))
        return slug


@needs_right("add_agreement")
@needs_right("write_version")
def start(request):
    """Start an agreement and go to the sheet of its source language."""
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafting.start_agreement(by=request.user, **form.cleaned_data)
        except IntegrityError:  # two people at once: the second hears what a slow one would
            form.add_error("slug", _("There is an agreement with this address already."))
        else:
            messages.success(request, _("The draft is open. Write the first text."))
            return redirect(
                reverse("admin:agreement-write", args=[draft.agreement_id, draft.source_language])
            )
    return _page(request, form, _("New agreement"))


def _page(request, form, title):
    context = {"form": form, "title": title, "opts": Agreement._meta}
    return render(
        request, "admin/agreements/start.html", admin.site.each_context(request) | context
    )


@needs_right("write_version")
def restart(request, agreement):
    """Open a first draft again, where the only one was discarded."""
    form = StartForm(request.POST or None)
    for name in ("slug", "theme"):
        del form.fields[name]
    if agreement.versions.exists():
        return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafting.start_again(agreement, by=request.user, **form.cleaned_data)
        except publishing.PublishingError as error:
            refused(request, error)
        else:
            return redirect(
                reverse("admin:agreement-write", args=[agreement.pk, draft.source_language])
            )
    return _page(request, form, agreement.slug)
