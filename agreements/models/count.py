from django.db import models
from django.utils.translation import gettext_lazy as _

from .source import Source


class Count(models.Model):
    """One answer to "How many agreements are there?": who counts, what, and up to when."""

    key = models.SlugField(_("key"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"))
    who = models.CharField(_("who counts"), max_length=160)
    period = models.CharField(_("period"), max_length=80)
    # NULL: the source gives no total.
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    rule = models.TextField(_("what is counted"), max_length=400)
    note = models.TextField(_("note"), max_length=400, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="counts", verbose_name=_("source")
    )

    class Meta:
        ordering = ["position", "key"]
        verbose_name = _("count of agreements")
        verbose_name_plural = _("counts of agreements")

    def __str__(self):
        return self.key
