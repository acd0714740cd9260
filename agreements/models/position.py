from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .agreement import Agreement, Provision
from .closed_lists import only
from .record import Record
from .source import Side
from .version import Precision, precision_field


class Position(Record):
    """What one side said about an agreement, or about one of its provisions, on one day."""

    Side = Side

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="positions", verbose_name=_("agreement")
    )
    # NULL: about the agreement as a whole.
    provision = models.ForeignKey(
        Provision,
        models.PROTECT,
        related_name="positions",
        null=True,
        blank=True,
        verbose_name=_("provision"),
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    said_on = models.DateField(_("said on"))
    said_precision = precision_field()
    speaker = models.CharField(_("who said it"), max_length=160, blank=True)
    statement = models.TextField(
        _("statement"),
        max_length=400,
        help_text=_(
            "In reported speech, at most 400 characters, about as long as the other side's."
        ),
    )

    class Meta(Record.Meta):
        ordering = ["key", "edition"]
        verbose_name = pgettext_lazy("what a side says", "position")
        verbose_name_plural = pgettext_lazy("what sides say", "positions")
        constraints = [
            *Record.Meta.constraints,
            only("side", Side),
            only("said_precision", Precision),
        ]
