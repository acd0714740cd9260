from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialogue_platform.languages import STORED

from .agreement import Agreement
from .closed_lists import only
from .version import Version


class Edit(models.Model):
    """One change of one text (or fact) of a draft: what stood there, what stands there, by whom.

    Nothing that was ever saved in a draft is lost, and whoever wrote part of a version cannot
    publish it. Sealed with the version.
    """

    version = models.ForeignKey(
        Version, models.CASCADE, related_name="edits", verbose_name=_("version")
    )
    place = models.CharField(_("place"), max_length=80)  # see agreements/segments.py
    language = models.CharField(_("language"), max_length=2, blank=True)  # '': a fact
    before = models.TextField(_("before"), blank=True)
    after = models.TextField(_("after"), blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("edited by")
    )
    edited_at = models.DateTimeField(_("edited at"))

    class Meta:
        ordering = ["version", "edited_at", "pk"]
        verbose_name = _("edit")
        verbose_name_plural = _("edits")

    def __str__(self):
        return f"{self.version} {self.place} {self.language}"


class PairKind(models.TextChoices):
    MADE = "made", _("translated")
    CONFIRMED = "confirmed", _("confirmed unchanged")
    UNAFFECTED = "unaffected", _("change of the source does not matter")


class TranslationPair(models.Model):
    """Somebody's word that a text says in a language what its source text says.

    Rows are added, never changed. A translation is current while a row stands for exactly this
    pair of texts; so it becomes outdated when the source moves on, and current again when the
    source goes back.
    """

    Kind = PairKind

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="translation_pairs", verbose_name=_("agreement")
    )
    place = models.CharField(_("place"), max_length=80)
    language = models.CharField(_("language"), max_length=2)
    kind = models.CharField(_("kind"), max_length=10, choices=PairKind)
    source_text = models.TextField(_("source text"))
    # Of the translation alone, and of place, language and both texts together: see
    # agreements/translation_state.py.
    text_mark = models.CharField(max_length=64)
    pair = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["agreement", "at", "pk"]
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints = [
            only("kind", PairKind),
            models.CheckConstraint(
                condition=models.Q(language__in=STORED), name="pair_language_is_known"
            ),
            models.UniqueConstraint(
                fields=["agreement", "pair", "kind"], name="translation_pair_once"
            ),
        ]

    def __str__(self):
        return f"{self.agreement} {self.place} {self.language}"


class DismissedWarning(models.Model):
    """A warning about a pair of texts that somebody looked at and found harmless, with the reason.

    It holds for exactly this pair: when either text changes, the check asks again.
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="dismissed_warnings", verbose_name=_("agreement")
    )
    place = models.CharField(_("place"), max_length=80)
    language = models.CharField(_("language"), max_length=2)
    check_name = models.CharField(_("check"), max_length=20)
    pair = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["agreement", "at", "pk"]
        verbose_name = _("dismissed warning")
        verbose_name_plural = _("dismissed warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "pair", "check_name"], name="warning_dismissed_once"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_dismissal_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.agreement} {self.place} {self.check_name}"
