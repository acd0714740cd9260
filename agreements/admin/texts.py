from django.contrib import admin
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from agreements import models


@admin.register(models.Theme)
class ThemeAdmin(TranslationAdmin):
    list_display = ["slug", "name", "position"]


@admin.register(models.Source)
class SourceAdmin(TranslationAdmin):
    list_display = ["key", "title", "publisher", "side", "language"]
    list_filter = ["side", "kind", "language"]
    search_fields = ["key", "title_sq", "title_sr", "title_en", "url"]


@admin.register(models.Term)
class TermAdmin(TranslationAdmin):
    list_display = ["key", "term_sq", "term_sr", "term_en"]
    search_fields = ["key", "term_sq", "term_sr", "term_en"]
    filter_horizontal = ["agreements"]


@admin.register(models.Page)
class PageAdmin(TranslationAdmin):
    list_display = ["slug", "title", "position"]


@admin.register(models.Agreement)
class AgreementAdmin(admin.ModelAdmin):
    list_display = ["slug", "theme", "published"]
    list_filter = ["theme"]
    list_select_related = ["theme", "published__agreement"]
    search_fields = ["slug"]


class ProvisionTextInline(TranslationStackedInline):
    model = models.ProvisionText
    extra = 0


@admin.register(models.Version)
class VersionAdmin(TranslationAdmin):
    """Drafts can be edited; a sealed version can only be read."""

    list_display = ["agreement", "number", "prepared_by", "sealed_at"]
    list_filter = ["agreement__theme"]
    list_select_related = ["agreement", "prepared_by"]
    inlines = [ProvisionTextInline]
    readonly_fields = ["number", "prepared_by", "sealed_at", "content_hash"]

    def has_add_permission(self, request):
        return False  # drafts are opened by publishing.open_draft, which keeps their number

    def has_change_permission(self, request, obj=None):
        return (obj is None or obj.is_draft) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return obj is not None and obj.is_draft and super().has_delete_permission(request, obj)
