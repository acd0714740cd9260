"""The outbox and the alarms, as pages of the admin."""

from django.contrib import admin
from django.urls import path
from django.utils.translation import gettext as _

from experts import outbox, reviewing, rights
from experts.models import Alarm, OutboxLetter

from .desk import name_of, page_for, refused, said, show


def letters(request):
    """What waits, what left lately, and what was begun and never marked as sent."""
    if request.method == "POST":
        number = request.POST.get("letter", "")
        stuck = OutboxLetter.objects.stuck()
        letter = stuck.filter(pk=number).first() if number.isdecimal() else None
        if letter is not None and outbox.send_again(letter):
            said(request, _("The letter waits again."))
        else:
            refused(request, _("This letter is not stuck any more."))
    rows = OutboxLetter.objects.select_related(
        "assignment__expert", "assignment__round__version", "colleague"
    )
    return show(
        request,
        "letters",
        title=_("Letters"),
        stuck=rows.stuck(),
        waiting=rows.waiting()[:200],
        sent=rows.filter(sent_at__isnull=False).order_by("-sent_at")[:50],
    )


def alarms(request):
    """“This is wrong on the live page”: what experts reported, and who looked at it."""
    if request.method == "POST":
        number = request.POST.get("alarm", "")
        alarm = Alarm.objects.filter(pk=number).first() if number.isdecimal() else None
        try:
            if alarm is not None:
                reviewing.settle_alarm(alarm, by=request.user)
                said(request, _("Thank you. It is settled."))
        except reviewing.ReviewError as error:
            refused(request, error)
    rows = Alarm.objects.select_related("version__agreement", "settled_by")
    return show(
        request,
        "alarms",
        title=_("Something is wrong on a public page"),
        rows=[(each, name_of(each.version)) for each in rows[:100]],
    )


def _urls():
    """Return the addresses of these pages, which belong to no single model."""
    return [
        path("experts/letters/", page_for(rights.CONDUCT)(letters), name="review-letters"),
        path(
            "experts/alarms/",
            page_for(rights.CONDUCT, rights.ANSWER)(alarms),
            name="review-alarms",
        ),
    ]


admin.site.further_urls.append(_urls)
