from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """A party to the dialogue, in the order in which pages show them."""

    KOSOVO = "kosovo", _("Kosovo")
    SERBIA = "serbia", _("Serbia")
    EU = "eu", _("European Union")
    US = "us", _("United States")
    OTHER = "other", _("Others")


class Source(models.Model):
    """One document that a claim rests on: who published it, whose voice it is, where it stands."""

    class Voice(models.TextChoices):
        """Whose voice the publisher is. A page resting on one side's sources alone says so."""

        KOSOVO = "kosovo", _("Kosovo institution")
        SERBIA = "serbia", _("Serbian institution")
        EU = "eu", _("EU institution")
        US = "us", _("US institution")
        INDEPENDENT = "independent", _("independent")
        PRESS = "press", _("press")

    class Kind(models.TextChoices):
        OFFICIAL_TEXT = "official-text", _("official text")
        COURT_DECISION = "court-decision", _("court decision")
        REPORT = "report", _("report")
        DATASET = "dataset", _("dataset")
        NEWS = "news", _("news")
        ENCYCLOPAEDIA = "encyclopaedia", _("encyclopaedia")

    key = models.SlugField(
        _("key"), unique=True, help_text=_("How texts cite it: [@b92-2011]. It never changes.")
    )
    title = models.CharField(_("title"), max_length=300)
    publisher = models.CharField(_("publisher"), max_length=200)
    side = models.CharField(_("publisher's side"), max_length=20, choices=Voice)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    language = models.CharField(_("language"), max_length=5, help_text=_("ISO code, such as sq."))
    url = models.URLField(_("address"), max_length=500)
    archived_url = models.URLField(_("archived copy"), max_length=500, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    accessed_on = models.DateField(_("last opened on"), null=True, blank=True)

    class Meta:
        ordering = ["key"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.CheckConstraint(
                condition=Q(side__in=["kosovo", "serbia", "eu", "us", "independent", "press"]),
                name="source_side_is_known",
            ),
        ]

    def __str__(self):
        return self.key
