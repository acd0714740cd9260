from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialogue_platform.languages import STORED


class Colleague(models.Model):
    """How one person works here: the language of their admin, the languages they translate into."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="colleague",
        verbose_name=_("person"),
    )
    # '': as the browser asks.
    language = models.CharField(
        _("language of the admin"),
        max_length=8,
        choices=settings.LANGUAGES,
        blank=True,
        help_text=_("In Serbian, texts are shown and typed in the script chosen here."),
    )
    translates_sq = models.BooleanField(_("translates into Albanian"), default=False)
    translates_sr = models.BooleanField(_("translates into Serbian"), default=False)
    translates_en = models.BooleanField(_("translates into English"), default=False)

    class Meta:
        ordering = ["user"]
        verbose_name = _("way of working")
        verbose_name_plural = _("ways of working")

    def __str__(self):
        return str(self.user)

    @property
    def translates(self):
        """Return the stored languages this person translates into."""
        return [language for language in STORED if getattr(self, f"translates_{language}")]
