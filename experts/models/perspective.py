from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .assignment import Assignment
from .round import ReviewRound


class PerspectiveRecord(models.Model):
    """What one expert said of their community, for one round: encrypted, by explicit consent.

    Read by experts/perspectives.py alone, which logs reader and reason; gone 90 days after the
    round. In no admin, list, filter, search, export or log.
    """

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="+")
    sealed = models.BinaryField()
    # Which wording of the consent was agreed to (perspectives.CONSENT).
    consent = models.PositiveSmallIntegerField()
    consented_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sealed answer")
        verbose_name_plural = _("sealed answers")

    def __str__(self):
        return str(self.pk)


class PerspectiveReading(models.Model):
    """One reading of the sealed answers of a round: who, why, when. Never changed."""

    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("reading of sealed answers")
        verbose_name_plural = _("readings of sealed answers")

    def __str__(self):
        return f"{self.round} {self.at:%Y-%m-%d}"
