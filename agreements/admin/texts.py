"""Themes, sources, terms and pages: edited in one form, in the script of whoever edits."""

from django import forms
from django.contrib import admin
from django.db import models as fields
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from agreements import models, serbian
from agreements.translation_state import mark
from dialogue_platform.scripts import MIXED_WORD

from .language import works_in_cyrillic


class NothingOverwritten(forms.ModelForm):
    """A form that knows the row it was opened with, and Serbian in the editor's script.

    When somebody else saved meanwhile, it comes back with everything typed and says so.
    """

    opened_as = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._stored = dict(self.initial)
        self.initial["opened_as"] = self.fingerprint()
        if not works_in_cyrillic():
            for name in self._serbian():
                text = self.initial.get(name) or ""
                self.initial[name] = serbian.in_script(text, cyrillic=False)

    def _serbian(self):
        return [name for name in self.fields if name.endswith("_sr")]

    def fingerprint(self):
        """Return the mark of the row as it stands in the database; '' for a new one."""
        if not self.instance.pk:
            return ""
        row = type(self.instance)._base_manager.filter(pk=self.instance.pk)
        # On PostgreSQL the row stays ours until this save ends; SQLite has one writer anyway.
        found = row.select_for_update().values() if self.is_bound else row.values()
        return mark(repr(sorted(found.get().items(), key=lambda item: item[0])))

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk and cleaned.get("opened_as") != self.fingerprint():
            # The next save is a knowing one: it says so with the new mark.
            self.data = self.data.copy()
            self.data["opened_as"] = self.fingerprint()
            raise forms.ValidationError(
                _(
                    "Somebody else changed this meanwhile. What you typed is still here; open the "
                    "page in a second window to compare. Saving again puts yours in its place."
                )
            )
        for name, value in cleaned.items():
            if value is None and self._stored.get(name) == "":
                cleaned[name] = ""  # modeltranslation's fields would make nothing of it
        for name in self._serbian():
            stored, typed = self._stored.get(name) or "", cleaned.get(name) or ""
            cleaned[name] = serbian.back_to_store(stored, typed, works_in_cyrillic())
            if MIXED_WORD.search(cleaned[name]):
                self.add_error(name, _("A word mixes Cyrillic and Latin letters."))
        return cleaned


class Workplace(TranslationAdmin):
    """What the four kinds of texts have in common."""

    form = NothingOverwritten
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
    list_display = ["key", "title", "publisher", "side", "language"]
    list_filter = ["side", "kind", "language"]
    search_fields = ["key", "title_sq", "title_sr", "title_en", "url"]


@admin.register(models.Term)
class TermAdmin(FixedKey, Workplace):
    fixed = "key"
    list_display = ["key", "term_sq", "term_sr", "term_en"]
    search_fields = ["key", "term_sq", "term_sr", "term_en"]
    filter_horizontal = ["agreements"]


@admin.register(models.Page)
class PageAdmin(FixedKey, Workplace):
    list_display = ["slug", "title", "position"]
