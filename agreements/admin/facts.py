"""Facts and order: when, in what form, who; which points in which order; resting on which sources.

Everything here is one button, one transaction, and compared with what the page was opened with.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_slug
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from agreements import drafting, markup, publishing, roles
from agreements.drafting import seen
from agreements.models import Side, Source, Theme
from agreements.segments import facts_of, place_label
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text

from .desk import desk, refused


class FactsForm(forms.Form):
    """Dates, choices, printed numbers and sides: named by their places."""

    def __init__(self, version, data=None):
        super().__init__(data)
        self.segments = {segment.place: segment for segment in facts_of(version)}
        for place, segment in self.segments.items():
            field = segment.model_field.formfield()
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            if segment.field == "number":
                field.widget.attrs["class"] = "number"
                field.required = data is None or f"{place}.was" in data
            self.fields[place] = field
            self.initial[place] = segment.value("")

    def changes(self):
        found = []
        for place in self.segments:
            if f"{place}.was" not in self.data:
                continue
            value = self.cleaned_data[place]
            text = value.isoformat() if hasattr(value, "isoformat") else markup.tidy(str(value))
            if seen(text) != self.data[f"{place}.was"]:
                found.append(drafting.Change(place, "", was=self.data[f"{place}.was"], text=text))
        gone = [
            name.removesuffix(".was")
            for name in self.data
            if name.endswith((".number.was", ".side.was"))
        ]
        return found + [
            drafting.Change(place, "", was=self.data[f"{place}.was"], text=self.data[place])
            for place in gone
            if place not in self.segments
            and seen(self.data.get(place, "")) != self.data[f"{place}.was"]
        ]

    def row(self, place, conflicts):
        """Return (field, mark of what stands there, what somebody else put there or None)."""
        segment = self.segments[place]
        was, theirs = seen(segment.value("")), None
        if place in conflicts:
            display = getattr(segment.row, f"get_{segment.field}_display", None)
            theirs = {
                "by": conflicts[place].edit and conflicts[place].edit.edited_by,
                "text": display() if display else segment.value(""),
            }
        elif self.is_bound:
            was = self.data.get(f"{place}.was", was)
        return self[place], was, theirs


def facts(request, agreement):
    version = drafting.text_to_write(agreement)
    if version is None:
        return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))
    may_write = roles.may_write(request.user, "")
    form, conflicts = FactsForm(version), {}
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if "do" in request.POST:
            _do(request, agreement)
            return redirect(reverse("admin:agreement-facts", args=[agreement.pk]))
        form = FactsForm(version, request.POST)
        if form.is_valid():
            try:
                changes = form.changes()
                if changes:
                    drafting.save(agreement, changes, by=request.user)
                    messages.success(request, _("Saved."))
                else:
                    messages.info(request, _("Nothing was changed."))
                return redirect(reverse("admin:agreement-facts", args=[agreement.pk]))
            except drafting.EditConflict as error:
                conflicts = {conflict.place: conflict for conflict in error.conflicts}
                version = drafting.text_to_write(agreement)
                form = FactsForm(version, request.POST)
                form.is_valid()
                messages.error(
                    request,
                    _(
                        "Nothing is saved yet: somebody else changed the same facts meanwhile. "
                        "What you chose is still here. Compare, then save again."
                    ),
                )
                if gone := [
                    place_label(place) for place in conflicts if place not in form.segments
                ]:
                    message = _("Somebody removed meanwhile: %(places)s.")
                    messages.error(request, message % {"places": ", ".join(map(str, gone))})
            except publishing.PublishingError as error:
                refused(request, error)
        else:
            messages.error(request, _("Nothing is saved yet. Please look at the marked fields."))
    return desk(
        request,
        "facts",
        agreement,
        version,
        form=form,
        may_write=may_write,
        fact_rows=[form.row(place, conflicts) for place in form.segments if "." not in place],
        provisions=[
            (text, form.row(f"provision.{text.provision.key}.number", conflicts))
            for text in version.provision_texts.all()
        ],
        parties=[
            (party, form.row(f"party.{party.position}.side", conflicts))
            for party in version.parties.all()
        ],
        sides=Side.choices,
        sources=Source.objects.exclude(pk__in=[r.source_id for r in version.version_sources.all()]),
        themes=[(theme.pk, bare_text(reading(theme, "name"))) for theme in Theme.objects.all()],
        next_key=_next_key(version),
    )


def _next_key(version):
    """Suggest the key of the next point: p1, p2, …"""
    taken = {provision.key for provision in version.agreement.provisions.all()}
    number = version.provision_texts.count() + 1
    while f"p{number}" in taken:
        number += 1
    return f"p{number}"


# ── One button, one step ─────────────────────────────────────────────────────────────────────


def _do(request, agreement):
    step = _STEPS.get(request.POST["do"])
    if step is None:
        raise Http404
    try:
        step(agreement, request.POST, request.user)
        messages.success(request, _("Saved."))
    except publishing.PublishingError as error:
        refused(request, error)


def _add_provision(agreement, data, by):
    key, number = data.get("key", "").strip().lower(), markup.tidy(data.get("number", ""))
    try:
        validate_slug(key)
    except forms.ValidationError as error:
        raise publishing.PublishingError(
            _("A key has letters, figures and hyphens only, such as p7.")
        ) from error
    if not number or len(number) > 12 or len(key) > 20:
        raise publishing.PublishingError(
            _("Give the number as printed (12 signs at most) and a key (20 signs at most).")
        )
    drafting.add_provision(agreement, key=key, number=number, by=by)


def _add_party(agreement, data, by):
    if data.get("side") not in Side.values:
        raise publishing.PublishingError(_("Choose a side."))
    drafting.add_party(agreement, side=data["side"], by=by)


def _source(data):
    source = Source.objects.filter(key=data.get("source", "")).first()
    if source is None:
        raise publishing.PublishingError(_("Choose a source."))
    return source


def _number(text):
    """Return a whole number, 0 for anything else: no party has that place."""
    return int(text) if text and text.isdecimal() and len(text) < 6 else 0


def _change_theme(agreement, data, by):
    theme = Theme.objects.filter(pk=_number(data.get("theme"))).first()
    if theme is None:
        raise publishing.PublishingError(_("Choose a theme."))
    if theme.pk != agreement.theme_id:
        drafting.change_theme(agreement, theme=theme, by=by)


_STEPS = {
    "add-provision": _add_provision,
    "remove-provision": lambda agreement, data, by: drafting.remove_provision(
        agreement, key=data.get("key", ""), by=by
    ),
    "move-up": lambda agreement, data, by: drafting.move_provision(
        agreement, key=data.get("key", ""), up=True, by=by
    ),
    "move-down": lambda agreement, data, by: drafting.move_provision(
        agreement, key=data.get("key", ""), up=False, by=by
    ),
    "add-party": _add_party,
    "remove-party": lambda agreement, data, by: drafting.remove_party(
        agreement, position=_number(data.get("position")), by=by
    ),
    "add-source": lambda agreement, data, by: drafting.add_source(
        agreement, source=_source(data), by=by
    ),
    "remove-source": lambda agreement, data, by: drafting.remove_source(
        agreement, source=_source(data), by=by
    ),
    "full-text": lambda agreement, data, by: drafting.mark_full_text(
        agreement, source=_source(data), is_full_text=data.get("is") == "yes", by=by
    ),
    "change-theme": _change_theme,
}
