from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .agreement import Agreement
from .closed_lists import only
from .record import Record
from .version import Precision, precision_field


class EventKind(models.TextChoices):
    """What sort of event, for the timeline's filter."""

    AGREEMENT = "agreement", pgettext_lazy("event", "agreement reached")
    ROUND = "round", pgettext_lazy("event", "round of talks")
    IMPLEMENTATION = "implementation", pgettext_lazy("event", "step of implementation")
    CRISIS = "crisis", pgettext_lazy("event", "crisis")
    INSTITUTION = "institution", pgettext_lazy("event", "decision of an institution")
    ELECTION = "election", pgettext_lazy("event", "election")


class Event(Record):
    """Something that happened on one day, told in a line: the timeline is made of these."""

    Kind = EventKind

    happened_on = models.DateField(_("date"))
    happened_precision = precision_field()
    event_kind = models.CharField(_("kind"), max_length=20, choices=EventKind)
    title = models.CharField(_("title"), max_length=180)
    text = models.TextField(_("text"), max_length=400, blank=True)
    agreements = models.ManyToManyField(
        Agreement, related_name="events", blank=True, verbose_name=_("agreements")
    )

    class Meta(Record.Meta):
        ordering = ["happened_on", "key", "edition"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            *Record.Meta.constraints,
            only("event_kind", EventKind),
            only("happened_precision", Precision),
        ]

    agreement = None  # an event belongs to several agreements, or to none
