"""Any day: the version and the records as the public could read them at its end.

`?on=2024-03-18` asks for it. A day is the platform's own, from midnight to midnight on its clock;
what was published and withdrawn within one day was not there at its end.
"""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from .models import Publication


class NoSuchDay(ValueError):
    """What stands behind `?on=` is no day, or one that has not come."""


@dataclass(frozen=True)
class Day:
    """The day a page speaks of. `asked` is true where the reader named it, even today."""

    date: datetime.date
    asked: bool
    today: datetime.date

    @property
    def moment(self):
        """The end of the day, as a moment; None today, which has no end yet."""
        if self.date == self.today:
            return None
        return timezone.make_aware(
            datetime.datetime.combine(self.date, datetime.time.max), timezone.get_default_timezone()
        )

    @property
    def is_past(self):
        return self.date < self.today

    @property
    def query(self):
        """What an address carries along to stay on the same day: '' or '?on=2024-03-18'."""
        return f"?on={self.date.isoformat()}" if self.asked else ""


def asked_day(request, today=None):
    """Return the Day that a request asks for: today unless it names another.

    Raises NoSuchDay for anything but a date up to today, written 2024-03-18.
    """
    today = today or timezone.localdate()
    text = request.GET.get("on", "")
    if not text:
        return Day(today, asked=False, today=today)
    try:
        date = datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise NoSuchDay(text) from error
    if date > today or date.isoformat() != text:
        raise NoSuchDay(text)
    return Day(date, asked=True, today=today)


def versions_on(day, **agreements):
    """Return {agreement id: version id} of what was public at the end of a day: one query.

    `agreements` narrows the publications, such as `agreement__slug="customs-stamps"`.
    """
    publications = Publication.objects.filter(**agreements).select_related("withdrawal")
    if day.moment is not None:
        publications = publications.filter(published_at__lte=day.moment)
    public = {}
    for publication in publications.order_by("published_at", "pk"):
        withdrawal = getattr(publication, "withdrawal", None)
        gone = withdrawal and (day.moment is None or withdrawal.withdrawn_at <= day.moment)
        if gone:
            public.pop(publication.agreement_id, None)
        else:
            public[publication.agreement_id] = publication.version_id
    return public


def first_publication(**agreements):
    """Return the moment of the first publication, or None."""
    first = Publication.objects.filter(**agreements).order_by("published_at").first()
    return first and first.published_at
