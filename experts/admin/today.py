"""What expert review asks of each person today, on the start page of the admin."""

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements.admin.today import Line, Section
from dialogue_platform.languages import NAMES
from experts import panels, rights
from experts.models import Alarm, CarryOver, OutboxLetter, ReviewRound
from experts.models.assignment import AssignmentState
from experts.models.round import Phase

from .deciding import address_to_check, to_check
from .desk import name_of


def needs(request):
    """Return the Sections of expert review, without those that are empty."""
    person = request.user
    sections = [
        Section("alarms", gettext_lazy("Wrong on a public page, experts say"), _alarms(person)),
        Section("rounds", gettext_lazy("Rounds of review"), _rounds(person)),
        Section("answers", gettext_lazy("Comments of experts to answer"), _answers(person)),
        Section("typing", gettext_lazy("Typing errors to confirm"), _typing_errors(person)),
        Section(
            "fidelity",
            gettext_lazy("Translations to check for the badge"),
            [
                Line(name_of(version), address_to_check(version, language), NAMES[language])
                for version, language in to_check(person)
            ],
        ),
        Section("stuck", gettext_lazy("Letters that were begun and not sent"), _stuck(person)),
    ]
    return [section for section in sections if section.lines]


def _alarms(person):
    if not (rights.holds(person, rights.ANSWER) or rights.holds(person, rights.CONDUCT)):
        return []
    open_alarms = Alarm.objects.filter(settled_at=None).select_related("version")
    return [Line(name_of(each.version), reverse("admin:review-alarms")) for each in open_alarms]


def _rounds(person):
    if not rights.holds(person, rights.CONDUCT):
        return []
    rounds = (
        ReviewRound.objects.unfinished()
        .select_related("version", "policy")
        .annotate(
            arrived=Count("assignments", filter=Q(assignments__state=AssignmentState.SUBMITTED))
        )
        .order_by("review_by")
    )
    today = timezone.localdate()
    return [
        Line(
            name_of(each.version),
            reverse("admin:experts_reviewround_change", args=[each.pk]),
            _what_next(each, today),
        )
        for each in rounds
    ]


def _what_next(round_, today):
    if round_.phase == Phase.PREPARING:
        return _("being prepared: choose experts and open it")
    arrived = ngettext(
        "%(count)d review has arrived", "%(count)d reviews have arrived", round_.arrived
    ) % {"count": round_.arrived}
    if round_.phase == Phase.INDEPENDENT:
        ready = panels.may_release(round_, today)
        can = _("the comments can be released")
        return f"{arrived}; {can}" if ready else arrived
    waiting = panels.unanswered_comments(round_).count()
    if waiting:
        return ngettext(
            "%(count)d comment waits for an answer",
            "%(count)d comments wait for an answer",
            waiting,
        ) % {"count": waiting}
    return _("every comment is answered; the round can be closed")


def _answers(person):
    if not rights.holds(person, rights.ANSWER):
        return []
    found = []
    for round_ in ReviewRound.objects.filter(phase=Phase.DISCUSSION).select_related("version"):
        waiting = panels.unanswered_comments(round_).count()
        if waiting:
            count = ngettext("%(count)d comment", "%(count)d comments", waiting)
            address = reverse("admin:round-comments", args=[round_.pk])
            found.append(Line(name_of(round_.version), address, count % {"count": waiting}))
    return found


def _typing_errors(person):
    if not rights.holds(person, rights.ANSWER):
        return []
    waiting = CarryOver.objects.filter(confirmed_at=None).exclude(proposed_by=person)
    return [
        Line(name_of(each.version), reverse("admin:version-carry-over", args=[each.version_id]))
        for each in waiting.select_related("version")
    ]


def _stuck(person):
    if not rights.holds(person, rights.CONDUCT):
        return []
    count = OutboxLetter.objects.stuck().count()
    text = ngettext("%(count)d letter", "%(count)d letters", count) % {"count": count}
    return [Line(text, reverse("admin:review-letters"))] if count else []


admin.site.needs.insert(0, needs)  # people wait for these
