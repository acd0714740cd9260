"""The desk of one agreement: every page an editor needs for it, under one address."""

from functools import wraps

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from agreements import translation_state
from agreements.models import Agreement, Version
from dialogue_platform.languages import NAMES, STORED, reading
from dialogue_platform.passages import bare_text
from dialogue_platform.views import refusal

from . import deciding, facts, files, importing, overview, preview, records, starting, writing
from .language import choose_language


@admin.register(Agreement)
class AgreementAdmin(admin.ModelAdmin):
    """The list answers: what is public, who writes, which translations are behind."""

    list_display = ["name", "theme", "public", "draft", *(f"state_{code}" for code in STORED)]
    list_display_links = ["name"]
    list_filter = ["theme"]
    list_per_page = 50
    search_fields = [
        "slug",
        *(f"versions__{field}_{code}" for field in ("title", "also_known_as") for code in STORED),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("theme", "published")

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_changelist_instance(self, request):
        """Load what the rows of the page show, once: versions with texts and translations."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        ids = [row.pk for row in rows]
        written = {}
        versions = Version.objects.with_texts().select_related("prepared_by")
        public = {row.pk: row.published_id for row in rows}
        shown = Q(sealed_at=None) | Q(pk__in=public.values()) | Q(agreement__published=None)
        for version in versions.filter(shown, agreement__in=ids).order_by("number"):
            written.setdefault(version.agreement_id, []).append(version)
        kinds = translation_state.kinds_of(ids)
        for row in rows:
            found = written.get(row.pk, [])
            row.open_draft = next((each for each in found if each.is_draft), None)
            row.written = row.open_draft or (found[-1] if found else None)
            row.translation_kinds = kinds
        changelist.result_list = rows
        return changelist

    @admin.display(description=_("agreement"), ordering="slug")
    def name(self, agreement):
        version = agreement.written
        return bare_text(reading(version, "short_title")) if version else agreement.slug

    @admin.display(description=_("public"), ordering="published")
    def public(self, agreement):
        return agreement.published.number if agreement.published else "–"

    @admin.display(description=_("draft"))
    def draft(self, agreement):
        return agreement.open_draft.prepared_by if agreement.open_draft else "–"

    def _state(self, agreement, language):
        version = agreement.written
        if version is None:
            return "–"
        if language == version.source_language:
            return _("source language")
        states = translation_state.states(version, language, agreement.translation_kinds)
        worst = translation_state.worst(states)
        address = reverse("admin:agreement-write", args=[agreement.pk, language])
        if worst is None:
            return "–"
        number = translation_state.counts(states)[worst]
        shown = f"{worst.label} ({number})" if worst in _TO_DO else worst.label
        return format_html(
            '<a class="state" data-state="{}" href="{}">{}</a>', worst, address, shown
        )

    def has_delete_permission(self, request, obj=None):
        return False  # an agreement that was ever public keeps its address

    def get_urls(self):
        return [
            path("language/", self.admin_site.admin_view(choose_language), name="language"),
            path("add/", self._page(starting.start, adding=True), name="agreements_agreement_add"),
            *(
                path(address, self._page(view, adding=True), kwargs, name=name)
                for address, view, kwargs, name in _RECORD_PAGES
            ),
            *(
                path(f"<int:pk>/{address}", self._page(view), name=name)
                for address, view, name in _PAGES
            ),
            *super().get_urls(),
        ]

    def _page(self, view, adding=False):
        """Make a function of (request, agreement, …) a page of the admin."""

        @wraps(view)
        def page(request, pk=None, **kwargs):
            if not self.has_view_permission(request):
                raise PermissionDenied
            if request.method == "POST" and any(
                "\x00" in text
                for values in request.POST.lists()
                for text in (values[0], *values[1])
            ):
                return refusal(request, 400)
            if adding:
                return view(request, **kwargs)
            agreement = get_object_or_404(
                Agreement.objects.select_related("theme", "published__prepared_by"), pk=pk
            )
            return view(request, agreement, **kwargs)

        return self.admin_site.admin_view(page)

    def get_object(self, request, object_id, from_field=None):
        raise Http404  # every page of one agreement is among _PAGES


for _code in STORED:

    def _state_column(self, agreement, code=_code):
        return self._state(agreement, code)

    _state_column.short_description = NAMES[_code]
    setattr(AgreementAdmin, f"state_{_code}", _state_column)

_TO_DO = (translation_state.State.MISSING, translation_state.State.OUTDATED)

# Pages of records, which have an agreement or (events) none: address, view, arguments, name.
_RECORD_PAGES = (
    ("records/<str:kind>/<int:record_pk>/", records.record, {}, "record"),
    (
        "records/<str:kind>/<int:record_pk>/correct/",
        records.next_edition,
        {"step": "correct"},
        "record-correct",
    ),
    (
        "records/<str:kind>/<int:record_pk>/withdraw/",
        records.next_edition,
        {"step": "withdraw"},
        "record-withdraw",
    ),
    ("records/<str:kind>/<int:record_pk>/discard/", records.discard, {}, "record-discard"),
    ("events/add/", records.add_event, {}, "event-add"),
    ("events/publish/", records.publish, {}, "events-publish"),
)

# Address behind the agreement's, view, name.
_PAGES = (
    ("change/", overview.overview, "agreements_agreement_change"),
    ("restart/", starting.restart, "agreement-restart"),
    ("history/", overview.audit, "agreements_agreement_history"),
    ("write/<str:language>/", writing.write, "agreement-write"),
    ("facts/", facts.facts, "agreement-facts"),
    ("originals/", files.originals, "agreement-originals"),
    ("originals/<str:sha256>/", files.original, "agreement-original"),
    ("import/", importing.import_document, "agreement-import"),
    ("records/", records.records, "agreement-records"),
    ("records/add/<str:kind>/", records.add, "record-add"),
    ("records/check/", records.check, "agreement-records-check"),
    ("records/publish/", records.publish, "agreement-records-publish"),
    ("seal/", deciding.seal, "agreement-seal"),
    ("discard/", deciding.discard, "agreement-discard"),
    ("publish/<int:number>/", deciding.publish, "agreement-publish"),
    ("schedule/cancel/", deciding.cancel_schedule, "agreement-cancel-schedule"),
    ("withdraw/", deciding.withdraw, "agreement-withdraw"),
    ("compare/<int:old>/<int:new>/", deciding.compare, "agreement-compare"),
    ("preview/<int:number>/<str:layer>/", preview.preview, "agreement-preview"),
    ("preview/<int:number>/<str:layer>/page/", preview.page, "agreement-preview-page"),
)
