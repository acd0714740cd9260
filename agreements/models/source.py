from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .closed_lists import only


class Side(models.TextChoices):
    """A party to the dialogue, in the order in which pages show them."""

    KOSOVO = "kosovo", _("Kosovo")
    SERBIA = "serbia", _("Serbia")
    EU = "eu", _("European Union")
    US = "us", _("United States")
    OTHER = "other", _("Others")


class LinkState(models.TextChoices):
    """What became of a source's address; '' until somebody looked."""

    ALIVE = "alive", _("opens")
    MOVED = "moved", _("leads elsewhere")
    DEAD = "dead", _("does not open")


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
    # What check_sources found when it last knocked; not part of any text.
    link_state = models.CharField(
        _("state of the link"), max_length=10, choices=LinkState, blank=True, editable=False
    )
    link_checked_at = models.DateTimeField(_("link checked at"), null=True, editable=False)
    link_leads_to = models.URLField(_("leads to"), max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ["key"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.CheckConstraint(
                condition=Q(side__in=["kosovo", "serbia", "eu", "us", "independent", "press"]),
                name="source_side_is_known",
            ),
            only("link_state", LinkState, empty=True),
        ]

    def __str__(self):
        return self.key
