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


@register(models.Obligation)
class ObligationTranslation(TranslationOptions):
    fields = ("text", "change_note")


@register(models.Assessment)
class AssessmentTranslation(TranslationOptions):
    fields = ("reason", "would_settle", "change_note")


@register(models.Obstacle)
class ObstacleTranslation(TranslationOptions):
    fields = ("title", "text", "change_note")


@register(models.Position)
class PositionTranslation(TranslationOptions):
    fields = ("speaker", "statement", "change_note")


@register(models.Reply)
class ReplyTranslation(TranslationOptions):
    fields = ("institution", "question", "translation", "change_note")


@register(models.Event)
class EventTranslation(TranslationOptions):
    fields = ("title", "text", "change_note")


@register(models.Phase)
class PhaseTranslation(TranslationOptions):
    fields = ("name", "level", "summary")


@register(models.PhasePerson)
class PhasePersonTranslation(TranslationOptions):
    fields = ("name", "role")


@register(models.Count)
class CountTranslation(TranslationOptions):
    fields = ("who", "period", "rule", "note")
