from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .agreement import Agreement
from .version import Version


class PublicationQuerySet(models.QuerySet):
    def newest_first(self):
        return self.order_by("-published_at", "-pk")


class Publication(models.Model):
    """One act of publishing a version. Rows are added, never changed (a trigger refuses it).

    A version published, replaced and published again has two rows: the history shows both.
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="publications", verbose_name=_("agreement")
    )
    version = models.ForeignKey(
        Version, models.PROTECT, related_name="publications", verbose_name=_("version")
    )
    published_at = models.DateTimeField(_("published at"))
    # Copied from the version, and compared with it by a trigger, so that a row constraint can
    # hold the rule that nobody publishes their own.
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("published by")
    )
    reason = models.TextField(_("reason"), blank=True, help_text=_("For the editors; not public."))

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["agreement", "published_at", "pk"]
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        constraints = [
            models.CheckConstraint(
                condition=~Q(published_by=F("prepared_by")),
                name="nobody_publishes_their_own",
                violation_error_message=_("Whoever prepared a version cannot publish it."),
            ),
        ]

    def __str__(self):
        return f"{self.version} ({self.published_at:%Y-%m-%d})"
