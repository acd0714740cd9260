"""Events, phases and counts, for editors: lists of what belongs to no single agreement."""

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationTabularInline

from agreements import models

from .texts import FixedKey, Workplace


@admin.register(models.Event)
class EventAdmin(admin.ModelAdmin):
    """Every edition of every event; its pages are those of all records (admin/records.py)."""

    list_display = ["key", "edition", "title", "event_kind", "happened_on", "state", "prepared_by"]
    list_filter = ["event_kind", "change"]
    list_select_related = ["prepared_by"]
    search_fields = ["key", "title_sq", "title_sr", "title_en"]
    ordering = ["-happened_on", "key", "-edition"]
    change_list_template = "admin/agreements/event_list.html"

    @admin.display(description=_("state"))
    def state(self, event):
        if event.is_draft:
            return _("draft")
        if event.change == event.Change.WITHDRAWAL:
            return _("withdrawn")
        return _("public") if event.ended_at is None else _("replaced")

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect(reverse("admin:record", args=["event", object_id]))

    def add_view(self, request, form_url="", extra_context=None):
        return redirect(reverse("admin:event-add"))

    def has_delete_permission(self, request, obj=None):
        return False


class PeopleOfPhase(TranslationTabularInline):
    model = models.PhasePerson
    extra = 0


@admin.register(models.Phase)
class PhaseAdmin(FixedKey, Workplace):
    fixed = "key"
    list_display = ["key", "name", "start", "end"]
    inlines = [PeopleOfPhase]
    filter_horizontal = ["sources"]


@admin.register(models.Count)
class CountAdmin(FixedKey, Workplace):
    fixed = "key"
    list_display = ["key", "who", "number", "position"]
    autocomplete_fields = ["source"]
