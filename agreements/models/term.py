from django.db import models
from django.utils.translation import gettext_lazy as _


class Term(models.Model):
    """One word of the glossary, and who uses it how."""

    key = models.SlugField(
        _("key"),
        unique=True,
        help_text=_("How texts mark it: [words](term:key). It never changes."),
    )
    term = models.CharField(_("term"), max_length=120)
    abbreviation = models.CharField(_("abbreviation"), max_length=30, blank=True)
    definition = models.TextField(_("definition"))
    usage = models.TextField(
        _("usage"),
        blank=True,
        help_text=_("For disputed words: who says which, and what we write."),
    )
    spellings = models.TextField(
        _("other spellings"), blank=True, help_text=_("What people type; one a line.")
    )
    agreements = models.ManyToManyField(
        "Agreement", related_name="terms", blank=True, verbose_name=_("agreements")
    )

    class Meta:
        ordering = ["key"]
        verbose_name = _("term")
        verbose_name_plural = _("glossary")

    def __str__(self):
        return self.term or self.key
