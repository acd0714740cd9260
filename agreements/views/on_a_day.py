"""The day a page speaks of, and its answer when there is no such day, or nothing public on it."""

from functools import wraps

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements.days import NoSuchDay, asked_day, first_publication, versions_on
from agreements.models import Agreement, Version, Withdrawal
from dialogue_platform.dates import written
from dialogue_platform.views import refusal


def on_a_day(view):
    """Give a view the Day that its reader asks for, or answer that there is no such day."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        try:
            day = asked_day(request)
        except NoSuchDay:
            return no_such_day(request)
        return view(request, *args, day=day, **kwargs)

    return asked


def no_such_day(request):
    """Answer `?on=` with what can stand there."""
    reason = _("“on” takes a day up to today, written like this: 2024-03-18.")
    return refusal(request, 400, reason, [(_("The page as it is today"), request.path)])


def not_public_on(request, day, first):
    """Say that nothing of this was public on a day, and since when something is. 404."""
    reason = _("On %(day)s nothing of this page was public on this platform.") % {
        "day": written(day.date)
    }
    choices = [(_("The page as it is today"), request.path)]
    if first is not None:
        since = timezone.localdate(first).isoformat()
        choices.append((_("The page on its first day"), f"{request.path}?on={since}"))
    return refusal(request, 404, reason, choices)


def version_on(slug, day):
    """Return the Version of an agreement that was public at the end of a day, or None."""
    public = versions_on(day, agreement__slug=slug)
    if not public:
        return None
    return (
        Version.objects.with_texts()
        .select_related("agreement__theme")
        .get(pk=next(iter(public.values())))
    )


def ever_public(slug):
    """Return an agreement that is or once was public. Raises Http404."""
    agreements = Agreement.objects.ever_public().select_related("published", "theme")
    return get_object_or_404(agreements, slug=slug)


def withdrawn_page(request, agreement):
    """Say when and why a text was withdrawn, where it was: 410, not 404."""
    withdrawal = (
        Withdrawal.objects.filter(publication__agreement=agreement)
        .select_related("publication__version")
        .order_by("-withdrawn_at", "-pk")
        .first()
    )
    context = {
        "agreement": agreement,
        "withdrawal": withdrawal,
        "version": withdrawal.publication.version,
    }
    return render(request, "agreements/withdrawn.html", context, status=410)


def nothing_public(request, slug, day):
    """Answer for an agreement of which nothing is public on a day. Raises Http404 if never."""
    agreement = ever_public(slug)
    if day.is_past:
        return not_public_on(request, day, first_publication(agreement=agreement))
    return withdrawn_page(request, agreement)
