from django.db import models
from django.utils.translation import gettext_lazy as _

from .closed_lists import only
from .source import Side, Source
from .version import Precision, precision_field


class Phase(models.Model):
    """One period of the dialogue: when, at which level, and who talked."""

    key = models.SlugField(_("key"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"))
    start = models.DateField(_("from"))
    start_precision = precision_field()
    # NULL: it lasts.
    end = models.DateField(_("to"), null=True, blank=True)
    end_precision = precision_field()
    name = models.CharField(_("name"), max_length=120)
    level = models.CharField(_("who talks"), max_length=120)
    summary = models.TextField(_("summary"))
    sources = models.ManyToManyField(Source, related_name="phases", verbose_name=_("sources"))

    class Meta:
        ordering = ["position", "key"]
        verbose_name = _("phase of the dialogue")
        verbose_name_plural = _("phases of the dialogue")
        constraints = [only("start_precision", Precision), only("end_precision", Precision)]

    def __str__(self):
        return self.key


class PhasePerson(models.Model):
    """Somebody who led the talks for a side in a phase, or facilitated them."""

    phase = models.ForeignKey(
        Phase, models.CASCADE, related_name="people", verbose_name=_("phase of the dialogue")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    side = models.CharField(_("side"), max_length=10, choices=Side)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=200)
    years = models.CharField(_("years"), max_length=20, blank=True)

    class Meta:
        ordering = ["phase", "position"]
        verbose_name = _("person of a phase")
        verbose_name_plural = _("people of a phase")
        constraints = [only("side", Side)]

    def __str__(self):
        return self.name
