"""Which fields exist in three languages (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from . import models


@register(models.Theme)
class ThemeTranslation(TranslationOptions):
    fields = ("name",)


@register(models.Source)
class SourceTranslation(TranslationOptions):
    fields = ("title", "publisher")


@register(models.Term)
class TermTranslation(TranslationOptions):
    fields = ("term", "abbreviation", "definition", "usage", "spellings")


@register(models.Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "lead", "body")


@register(models.Version)
class VersionTranslation(TranslationOptions):
    fields = (
        "title",
        "short_title",
        "also_known_as",
        "place",
        "form_note",
        "summary",
        "details",
        "means_for_citizens",
        "change_note",
    )


@register(models.ProvisionText)
class ProvisionTextTranslation(TranslationOptions):
    fields = ("heading", "text", "text_basis", "plain")


@register(models.Party)
class PartyTranslation(TranslationOptions):
    fields = ("name", "role")
