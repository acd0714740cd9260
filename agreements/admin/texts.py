"""Themes, sources, terms and pages: edited in one form, in the script of whoever edits."""

import datetime
import json

from django import forms
from django.contrib import admin
from django.core.validators import MaxLengthValidator
from django.db import models as fields
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from agreements import models, serbian
from agreements.drafting import seen
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import MIXED_WORD

from .language import as_seen, shown_language, works_in_cyrillic
from .rich_text import RichTextField, RichTextWidget


class NothingOverwritten(forms.ModelForm):
    """A form that knows the texts it was opened with, and Serbian in the editor's script.

    Two people in different fields both keep their work. In the same field the second one is told,
    and gets the form back with everything typed.
    """

    opened_with = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._serbian():
            field = self.fields[name]
            # Counted as it is stored: in Latin some letters are two.
            field.max_length = None
            field.widget.attrs.pop("maxlength", None)
            field.validators = [
                each for each in field.validators if not isinstance(each, MaxLengthValidator)
            ]
            self.initial[name] = self._as_seen(name, self.initial.get(name) or "")
        self.initial["opened_with"] = json.dumps(self._marks(self.initial))

    def _serbian(self):
        return [name for name in self.fields if name.endswith("_sr")]

    def _as_seen(self, name, value):
        if name.endswith("_sr") and isinstance(value, str):
            return as_seen(value, "sr")
        return value

    def _marks(self, values):
        return {name: _mark(values.get(name)) for name in self.fields if name != "opened_with"}

    def _stored(self):
        """Return {field: value} as it stands in the database; {} for a new row."""
        if not self.instance.pk:
            return {}
        # On PostgreSQL the row stays ours until this save ends; SQLite has one writer anyway.
        row = type(self.instance)._base_manager.select_for_update().get(pk=self.instance.pk)
        stored = {}
        for name in self._marks({}):
            field = row._meta.get_field(name)
            stored[name] = (
                list(getattr(row, name).all()) if field.many_to_many else getattr(row, name)
            )
        return stored

    def clean(self):
        cleaned = super().clean()
        stored = self._stored()
        typed = self._marks(cleaned)
        if stored:
            opened = self._opened()
            now = self._marks({name: self._as_seen(name, value) for name, value in stored.items()})
            faster = [
                name
                for name in typed
                if typed[name] not in (opened.get(name), now[name])
                and opened.get(name) != now[name]
            ]
            if faster:
                self._refuse(faster, now)
            for name in typed:
                if name in cleaned and typed[name] == opened.get(name):
                    cleaned[name] = stored[name]  # untouched: whatever stands there by now
        for name in self._serbian():
            if name in cleaned and typed[name] != self._opened().get(name):
                self._to_cyrillic(name, cleaned, stored)
        return cleaned

    def _opened(self):
        try:
            return dict(json.loads(self.data.get("opened_with", "")))
        except (TypeError, ValueError):
            return {}

    def _refuse(self, names, now):
        # The next save is a knowing one for these: it says so with their new marks.
        self.data = self.data.copy()
        known = self._opened() | {name: now[name] for name in names}
        self.data["opened_with"] = json.dumps(known)
        for name in names:
            self.add_error(name, _("Somebody else changed this meanwhile."))
        raise forms.ValidationError(
            _(
                "Somebody else changed the same texts meanwhile. What you typed is still here; "
                "open the page in a second window to compare. Saving again puts yours in their "
                "place."
            )
        )

    def _to_cyrillic(self, name, cleaned, stored):
        text = serbian.back_to_store(
            stored.get(name) or "", cleaned[name] or "", works_in_cyrillic()
        )
        cleaned[name] = text
        longest = self._meta.model._meta.get_field(name).max_length
        if longest and len(text) > longest:
            message = _("This is longer than %(limit)d characters.") % {"limit": longest}
            self.add_error(name, message)
        if MIXED_WORD.search(text):
            self.add_error(name, _("A word mixes Cyrillic and Latin letters."))


def _mark(value):
    """Return the mark of a value of a form, the same before and after a browser had it."""
    if isinstance(value, str):
        return seen("\n".join(value.splitlines()).strip())
    if value is None or isinstance(value, (int, datetime.date)):
        return seen("" if value is None else str(value))
    return seen(",".join(sorted(str(each.pk) for each in value)))


class Workplace(TranslationAdmin):
    """What the four kinds of texts have in common."""

    form = NothingOverwritten

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    formfield_overrides = {
        fields.TextField: {"widget": forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"})}
    }


class FixedKey:
    """A key or slug is an address or an anchor: typed once, then only read."""

    fixed = "slug"

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return [*fields, self.fixed] if obj else fields


@admin.register(models.Theme)
class ThemeAdmin(FixedKey, Workplace):
    list_display = ["slug", "name", "position"]


@admin.register(models.Source)
class SourceAdmin(FixedKey, Workplace):
    fixed = "key"
    list_display = ["key", "title", "publisher", "side", "language", "link_state"]
    list_filter = ["link_state", "side", "kind", "language"]
    search_fields = ["key", "title_sq", "title_sr", "title_en", "url"]


class AgreementsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, agreement):
        version = agreement.published
        return bare_text(reading(version, "short_title")) if version else agreement.slug


@admin.register(models.Term)
class TermAdmin(FixedKey, Workplace):
    fixed = "key"
    list_display = ["key", "term_sq", "term_sr", "term_en"]
    search_fields = ["key", "term_sq", "term_sr", "term_en"]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return AgreementsField(
            models.Agreement.objects.select_related("published"),
            label=db_field.verbose_name,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


@admin.register(models.Page)
class PageAdmin(FixedKey, Workplace):
    list_display = ["slug", "title", "position"]
    change_form_template = "admin/agreements/page_form.html"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        name, _underscore, language = db_field.name.rpartition("_")
        if name != "body":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = RichTextWidget(lang=shown_language(language).tag, cites=False)
        return RichTextField(label=db_field.verbose_name, required=False, widget=widget)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        terms = [(term.key, str(term)) for term in models.Term.objects.all()]
        return super().changeform_view(
            request, object_id, form_url, (extra_context or {}) | {"terms": terms}
        )
