from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .agreement import Agreement, Provision
from .closed_lists import only
from .obligation import Judge
from .record import Record
from .version import Precision, precision_field


class ObstacleKind(models.TextChoices):
    """What sort of thing stands in the way."""

    LEGAL = "legal", pgettext_lazy("obstacle", "legal")
    CONSTITUTIONAL = "constitutional", pgettext_lazy("obstacle", "constitutional")
    POLITICAL = "political", pgettext_lazy("obstacle", "political")
    TECHNICAL = "technical", pgettext_lazy("obstacle", "technical")
    FINANCIAL = "financial", pgettext_lazy("obstacle", "financial")
    INTERPRETATION = "interpretation", pgettext_lazy("obstacle", "a matter of interpretation")
    SECURITY = "security", pgettext_lazy("obstacle", "security")


class Obstacle(Record):
    """Something that stands, or stood, in the way of one or more provisions."""

    Kind = ObstacleKind

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="obstacles", verbose_name=_("agreement")
    )
    provisions = models.ManyToManyField(
        Provision, related_name="obstacles", verbose_name=_("provisions it holds up")
    )
    obstacle_kind = models.CharField(_("kind"), max_length=20, choices=ObstacleKind)
    # NULL: nobody knows.
    since = models.DateField(_("since"), null=True, blank=True)
    since_precision = precision_field()
    # NULL: still there, or unknown.
    until = models.DateField(_("until"), null=True, blank=True)
    until_precision = precision_field()
    title = models.CharField(_("title"), max_length=90)
    text = models.TextField(_("text"), max_length=700, help_text=_("At most 700 characters."))
    named_by = models.CharField(_("named by"), max_length=10, choices=Judge, default=Judge.SOURCES)

    class Meta(Record.Meta):
        ordering = ["key", "edition"]
        verbose_name = _("obstacle")
        verbose_name_plural = _("obstacles")
        constraints = [
            *Record.Meta.constraints,
            only("obstacle_kind", ObstacleKind),
            only("named_by", Judge),
            only("since_precision", Precision),
            only("until_precision", Precision),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="obstacle_ends_after_it_began_to_stand",
                violation_error_message=_("It cannot end before it began."),
            ),
        ]

    def get_absolute_url(self):
        return reverse("obstacle", args=[self.key])
