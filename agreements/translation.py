"""Which fields exist in three languages (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from . import models
from .fingerprints import PARTY_FIELDS, PROVISION_FIELDS, VERSION_FIELDS


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
    fields = (*VERSION_FIELDS, "change_note")


@register(models.ProvisionText)
class ProvisionTextTranslation(TranslationOptions):
    fields = PROVISION_FIELDS


@register(models.Party)
class PartyTranslation(TranslationOptions):
    fields = PARTY_FIELDS


@register(models.Withdrawal)
class WithdrawalTranslation(TranslationOptions):
    fields = ("reason",)
