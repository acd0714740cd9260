from modeltranslation.translator import TranslationOptions, register

from .models import BadgeWithdrawal, Dissent


@register(Dissent)
class DissentTranslation(TranslationOptions):
    fields = ("text",)


@register(BadgeWithdrawal)
class BadgeWithdrawalTranslation(TranslationOptions):
    fields = ("reason",)
