from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .agreement import Agreement
from .closed_lists import only
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


class Withdrawal(models.Model):
    """The end of one publication without another in its place: the text is taken from the public.

    Rows are added, never changed. Readers see the date and the reason where the text was; the
    version keeps its own address, marked.
    """

    publication = models.OneToOneField(
        Publication, models.PROTECT, related_name="withdrawal", verbose_name=_("publication")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("withdrawn by")
    )
    reason = models.TextField(_("public reason"))

    class Meta:
        ordering = ["withdrawn_at", "pk"]
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")

    def __str__(self):
        return f"{self.publication.version} ({self.withdrawn_at:%Y-%m-%d})"


class ScheduleState(models.TextChoices):
    WAITING = "waiting", _("waiting for its time")
    DONE = "done", _("published")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("did not happen")


class ScheduledPublication(models.Model):
    """A publisher's decision to publish a sealed version at a given time.

    `manage.py publish_due` carries it out, if the public still reads what the publisher saw.
    """

    State = ScheduleState

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="schedule", verbose_name=_("agreement")
    )
    version = models.ForeignKey(
        Version, models.PROTECT, related_name="schedule", verbose_name=_("version")
    )
    # What was public when the publisher decided; NULL: nothing.
    replacing = models.ForeignKey(Version, models.PROTECT, related_name="+", null=True)
    publish_at = models.DateTimeField(_("publish at"))
    reason = models.TextField(_("reason"), blank=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("scheduled by")
    )
    scheduled_at = models.DateTimeField(_("scheduled at"))
    state = models.CharField(
        _("state"), max_length=10, choices=ScheduleState, default=ScheduleState.WAITING
    )
    # Why it did not happen: the name of the error, put into words where it is shown.
    failure = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["publish_at", "pk"]
        verbose_name = _("scheduled publication")
        verbose_name_plural = _("scheduled publications")
        constraints = [
            only("state", ScheduleState),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(state="waiting"),
                name="one_schedule_per_agreement",
                violation_error_message=_("A publication of this agreement is already scheduled."),
            ),
        ]

    def __str__(self):
        return f"{self.version} ({self.publish_at:%Y-%m-%d %H:%M})"
