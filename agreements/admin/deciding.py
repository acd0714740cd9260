"""Steps that others see: seal, discard, publish (now, later, again), withdraw. Each shows first
what it changes for readers, word by word, and asks once."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import comparing, drafting, markup, pair_checks, publishing, serbian
from agreements.models import Publication, ScheduledPublication
from agreements.models.version import ChangeClass
from dialogue_platform.languages import NAMES, STORED

from .desk import desk, done, needs_right, refused, tag_of, version_of
from .language import html_as_seen, works_in_cyrillic

# Notes for readers that fit most corrections; chosen with one click, in all three languages.
READY_NOTES = {
    "": gettext_lazy("write my own"),
    "typing": gettext_lazy("A typing error was corrected."),
    "wording": gettext_lazy("The wording was improved; the meaning is the same."),
    "translation": gettext_lazy("The translation was improved."),
    "fact": gettext_lazy("A date, number or name was corrected."),
    "source": gettext_lazy("A source was added or replaced."),
    "update": gettext_lazy("The text was brought up to date."),
}


def _in_every_language(message):
    """Return {stored language: a string of the interface in it}; Serbian in Cyrillic."""
    codes = {"sq": "sq", "sr": "sr-cyrl", "en": "en"}
    found = {}
    for stored, code in codes.items():
        with translation.override(code):
            found[stored] = str(message)
    return found


def difference(old, new):
    """Return what changed between two versions, ready for the page: texts by language, facts."""
    texts, facts, lists = comparing.whole_difference(old, new)
    return {
        "texts": [
            (
                NAMES[language],
                tag_of(language),
                [(each.segment, html_as_seen(each.html, language)) for each in changed],
            )
            for language, changed in texts.items()
            if changed
        ],
        "facts": facts,
        "lists": lists,
        "any": any(texts.values()) or bool(facts) or bool(lists),
        "old": old,
        "new": new,
    }


def _public(agreement):
    """Return the public version with its texts, or None."""
    if agreement.published_id is None:
        return None
    return version_of(agreement, agreement.published.number)


class Words(forms.Form):
    """A text for readers in three languages: name_sq, name_sr, name_en."""

    def __init__(self, *args, name, label, **kwargs):
        super().__init__(*args, **kwargs)
        self.name = name
        for language in STORED:
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=f"{label}: {NAMES[language]}",
                required=False,
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2, "lang": tag_of(language)}),
            )

    def words(self):
        """Return {language: text} as stored."""
        found = {}
        for language in STORED:
            text = markup.tidy(self.cleaned_data.get(f"{self.name}_{language}", ""))
            if language == "sr":
                text = serbian.back_to_store("", text, works_in_cyrillic())
            found[language] = text
        return found


# ── Seal ─────────────────────────────────────────────────────────────────────────────────────


class SealForm(Words):
    change_class = forms.ChoiceField(label=gettext_lazy("Kind of change"), widget=forms.RadioSelect)
    ready_note = forms.ChoiceField(
        label=gettext_lazy("Note for readers"),
        required=False,
        choices=READY_NOTES.items(),
        widget=forms.RadioSelect,
    )
    as_seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, first, **kwargs):
        super().__init__(*args, name="note", label=_("Note for readers"), **kwargs)
        self.first = first
        choices = [
            choice for choice in ChangeClass.choices if (choice[0] == ChangeClass.FIRST) == first
        ]
        self.fields["change_class"].choices = choices
        self.order_fields(["change_class", "ready_note"])
        if first:  # there is nothing a reader could have seen before
            for name in ("ready_note", *(f"note_{language}" for language in STORED)):
                del self.fields[name]

    def clean(self):
        cleaned = super().clean()
        if self.first:
            return cleaned
        if ready := cleaned.get("ready_note"):
            if any(self.words().values()):
                raise forms.ValidationError(
                    _("Choose a ready note or write your own; both cannot be shown.")
                )
            self.notes = _in_every_language(READY_NOTES[ready])
        else:
            self.notes = self.words()
            if not all(self.notes.values()):
                raise forms.ValidationError(
                    _("Tell readers what changed: choose a note or write one in all languages.")
                )
        return cleaned


@needs_right("seal_version")
def seal(request, agreement):
    """Show what a draft changes, ask for the kind of change and the note, and seal it."""
    draft = agreement.versions.drafts().first()
    if draft is None:
        return _no_draft(request, agreement)
    draft, public = version_of(agreement, draft.number), _public(agreement)
    first = not agreement.versions.sealed().exists()
    initial = {
        "change_class": ChangeClass.FIRST if first else ChangeClass.CORRECTION,
        "as_seen": draft.revision,
    }
    form = SealForm(request.POST or None, first=first, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            version = publishing.seal(
                draft,
                by=request.user,
                as_seen=form.cleaned_data["as_seen"],
                change_class=form.cleaned_data["change_class"],
                notes={} if first else form.notes,
            )
        except publishing.ChangedMeanwhile as error:
            refused(request, error)
            form.data = form.data.copy()
            form.data["as_seen"] = draft.revision
        except publishing.PublishingError as error:
            refused(request, error)
        else:
            if version.pk != draft.pk:
                message = _("This text is that of version %(number)d, which was found again.")
            else:
                message = _("Version %(number)d is sealed. Now a second person can publish it.")
            return done(request, agreement, message % {"number": version.number})
    return desk(
        request,
        "seal",
        agreement,
        draft,
        form=form,
        difference=difference(public, draft),
        warned=[
            (NAMES[language], language, len(pair_checks.open_warnings(draft, language)))
            for language in STORED
        ],
    )


def _no_draft(request, agreement):
    refused(request, _("There is no open draft any more."))
    return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))


@needs_right("seal_version")
def discard(request, agreement):
    """Show what would be lost, and drop the draft."""
    draft = agreement.versions.drafts().first()
    if draft is None:
        return _no_draft(request, agreement)
    draft = version_of(agreement, draft.number)
    if request.method == "POST":
        try:
            as_seen = request.POST.get("as_seen", "")
            as_seen = int(as_seen) if as_seen.isdecimal() and len(as_seen) < 10 else -1
            drafting.discard(draft, by=request.user, as_seen=as_seen)
        except publishing.PublishingError as error:
            refused(request, error)
        else:
            return done(request, agreement, _("The draft is discarded."))
    return desk(
        request, "discard", agreement, draft, difference=difference(_public(agreement), draft)
    )


# ── Publish ──────────────────────────────────────────────────────────────────────────────────


class PublishForm(forms.Form):
    """`replacing` is the number of the version that was public when the page was opened."""

    replacing = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For the editors; not public."),
    )
    publish_at = forms.DateTimeField(
        label=gettext_lazy("Later, at"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args, again, **kwargs):
        super().__init__(*args, **kwargs)
        self.again = again

    def clean(self):
        cleaned = super().clean()
        if self.again and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why an earlier version comes back."))
        if self.data.get("when") not in ("now", "later"):
            raise forms.ValidationError(_("Say when: now, or at a time you choose."))
        if self.data["when"] == "now" and cleaned.get("publish_at"):
            # Enter in the field of the time presses the first button of the form.
            message = _("You chose a time. Use the button beside it, or empty it to publish now.")
            self.add_error("publish_at", message)
        if self.data["when"] == "later" and not (
            cleaned.get("publish_at") or self.errors.get("publish_at")
        ):
            self.add_error("publish_at", _("Choose the day and the time."))
        return cleaned


@needs_right("publish_version")
def publish(request, agreement, number):
    """Show what readers would get instead of what they have, and publish it, now or later."""
    version, public = version_of(agreement, number), _public(agreement)
    if version is None:
        raise Http404
    again = version.publications.exists()
    initial = {"replacing": public.number if public else None}
    form = PublishForm(request.POST or None, again=again, initial=initial)
    if request.method == "POST" and form.is_valid():
        seen_number = form.cleaned_data["replacing"]
        seen = version_of(agreement, seen_number) if seen_number else None
        order = {"by": request.user, "replacing": seen, "reason": form.cleaned_data["reason"]}
        try:
            if request.POST.get("when") == "later":
                publish_at = form.cleaned_data["publish_at"]
                publishing.schedule(version, publish_at=publish_at, **order)
                message = _("Version %(number)d will be public at the time you chose.")
            else:
                publishing.publish(version, **order)
                message = _("Version %(number)d is public.")
            return done(request, agreement, message % {"number": version.number})
        except publishing.PublishingError as error:
            refused(request, error)
            agreement.refresh_from_db()
            public = _public(agreement)
            form.data = form.data.copy()
            form.data["replacing"] = public.number if public else ""
    return desk(
        request,
        "publish",
        agreement,
        version,
        form=form,
        again=again,
        public=public,
        difference=difference(public, version),
        is_own=not publishing.may_publish(version, request.user),
        is_public=version.pk == agreement.published_id,
        waiting=_waiting(agreement),
    )


def _waiting(agreement):
    rows = ScheduledPublication.objects.select_related("version", "scheduled_by")
    return rows.filter(agreement=agreement, state=ScheduledPublication.State.WAITING).first()


@needs_right("publish_version")
def cancel_schedule(request, agreement):
    if request.method != "POST":
        raise PermissionDenied
    waiting = _waiting(agreement)
    if waiting is not None and request.POST.get("schedule") == str(waiting.pk):
        try:
            publishing.cancel_schedule(waiting, by=request.user)
            return done(request, agreement, _("The scheduled publication is cancelled."))
        except publishing.PublishingError as error:
            refused(request, error)
    return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))


# ── Withdraw ─────────────────────────────────────────────────────────────────────────────────


@needs_right("publish_version")
def withdraw(request, agreement):
    """Take a text from the public, with a reason that readers see where it was."""
    public = _public(agreement)
    publication = (
        Publication.objects.filter(agreement=agreement, withdrawal=None)
        .select_related("version__agreement", "published_by")
        .newest_first()
        .first()
    )
    if public is None or publication is None:
        refused(request, _("Nothing is public."))
        return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))
    form = Words(request.POST or None, name="reason", label=_("Public reason"))
    if request.method == "POST" and form.is_valid():
        if request.POST.get("publication") != str(publication.pk):
            refused(request, _("Something else is public by now. Nothing was changed."))
        else:
            try:
                publishing.withdraw(publication, by=request.user, reasons=form.words())
                return done(request, agreement, _("The text is withdrawn."))
            except publishing.PublishingError as error:
                refused(request, error)
    return desk(
        request,
        "withdraw",
        agreement,
        public,
        form=form,
        publication=publication,
        is_own=not publishing.may_publish(public, request.user),
    )


# ── Compare ──────────────────────────────────────────────────────────────────────────────────


def compare(request, agreement, old, new):
    """What changed between two versions, for editors: every language, facts and sources."""
    before, after = version_of(agreement, old), version_of(agreement, new)
    if before is None or after is None:
        raise Http404
    return desk(request, "compare", agreement, after, difference=difference(before, after))
