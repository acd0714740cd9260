from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .agreement import Agreement
from .closed_lists import only


class AuditManager(models.Manager):
    def record(self, action, *, agreement, by, at=None, version=None, detail=""):
        """Add the row of a state change; call it inside the transaction that makes the change.

        `agreement` is None for what belongs to no single one, such as an event.
        """
        return self.create(
            agreement=agreement,
            action=action,
            actor=by,
            at=at or timezone.now(),
            version_number=version.number if version is not None else None,
            detail=detail,
        )


class AuditAction(models.TextChoices):
    DRAFT_OPENED = "draft-opened", _("opened a draft")
    DRAFT_DISCARDED = "draft-discarded", _("discarded the draft")
    IMPORTED = "imported", _("imported the wording from a document")
    SEALED = "sealed", _("sealed the version")
    FOUND_AGAIN = "found-again", _("sealed a text that an earlier version already holds")
    PUBLISHED = "published", _("published the version")
    SCHEDULED = "scheduled", _("scheduled the publication")
    SCHEDULE_CANCELLED = "schedule-cancelled", _("cancelled the scheduled publication")
    SCHEDULE_FAILED = "schedule-failed", _("the scheduled publication did not happen")
    WITHDRAWN = "withdrawn", _("withdrew the text")
    TRANSLATION_CONFIRMED = "confirmed", _("confirmed a translation unchanged")
    WARNING_DISMISSED = "dismissed", _("dismissed a warning")
    ORIGINAL_ATTACHED = "original-attached", _("attached an original")
    ORIGINAL_REMOVED = "original-removed", _("removed an original")
    RECORD_STARTED = "record-started", _("started a record")
    RECORD_PUBLISHED = "record-published", _("published a record")
    RECORD_DISCARDED = "record-discarded", _("discarded the draft of a record")
    THEME_CHANGED = "theme-changed", _("moved the agreement to another theme")


class AuditEntry(models.Model):
    """One change of state: who did what to an agreement, and when. Never changed, never deleted."""

    Action = AuditAction

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="audit", null=True, verbose_name=_("agreement")
    )
    action = models.CharField(_("action"), max_length=20, choices=AuditAction)
    # A number, not a key: a discarded draft leaves its rows behind.
    version_number = models.PositiveIntegerField(_("version"), null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    at = models.DateTimeField(_("when"))
    detail = models.TextField(_("detail"), blank=True)

    objects = AuditManager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("history entry")
        verbose_name_plural = _("history entries")
        constraints = [only("action", AuditAction)]

    def __str__(self):
        return f"{self.agreement} {self.action}"
