from django.contrib import admin
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from agreements import models


class FixedKey:
    """A key or slug is an address or an anchor: typed once, then only read."""

    fixed = "slug"

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return [*fields, self.fixed] if obj else fields


@admin.register(models.Theme)
class ThemeAdmin(FixedKey, TranslationAdmin):
    list_display = ["slug", "name", "position"]


@admin.register(models.Source)
class SourceAdmin(FixedKey, TranslationAdmin):
    fixed = "key"
    list_display = ["key", "title", "publisher", "side", "language"]
    list_filter = ["side", "kind", "language"]
    search_fields = ["key", "title_sq", "title_sr", "title_en", "url"]


@admin.register(models.Term)
class TermAdmin(FixedKey, TranslationAdmin):
    fixed = "key"
    list_display = ["key", "term_sq", "term_sr", "term_en"]
    search_fields = ["key", "term_sq", "term_sr", "term_en"]
    filter_horizontal = ["agreements"]


@admin.register(models.Page)
class PageAdmin(FixedKey, TranslationAdmin):
    list_display = ["slug", "title", "position"]


@admin.register(models.Agreement)
class AgreementAdmin(FixedKey, admin.ModelAdmin):
    list_display = ["slug", "theme", "published"]
    list_filter = ["theme"]
    list_select_related = ["theme", "published__agreement"]
    search_fields = ["slug"]


class ProvisionTextInline(TranslationStackedInline):
    model = models.ProvisionText
    extra = 0
    readonly_fields = ["provision", "position"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("provision__agreement", "version__agreement")
        )

    def has_add_permission(self, request, obj):
        return False  # a new provision needs a key that lasts; content files give it


@admin.register(models.Version)
class VersionAdmin(TranslationAdmin):
    """A draft is edited by whoever prepares it; everything else can only be read."""

    list_display = ["agreement", "number", "prepared_by", "sealed_at"]
    list_filter = ["agreement__theme"]
    list_select_related = ["agreement", "prepared_by"]
    inlines = [ProvisionTextInline]
    readonly_fields = ["number", "prepared_by", "sealed_at", "content_hash"]

    def has_add_permission(self, request):
        return False  # drafts are opened by publishing.open_draft, which keeps their number

    def has_change_permission(self, request, obj=None):
        mine = obj is None or (obj.is_draft and obj.prepared_by_id == request.user.pk)
        return mine and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj) and obj is not None
