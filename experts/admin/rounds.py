"""Rounds: the list, preparing one, and the desk on which a coordinator conducts it."""

import datetime
from collections import Counter

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements.models import Version
from experts import badges, outbox, panels, reviewing, rights, wording
from experts.models import CarryOver, Expert, ReviewRound, Seat
from experts.models.assignment import AssignmentState
from experts.models.expert import Profile
from experts.models.outbox import Rule
from experts.models.round import Outcome, Phase

from . import answering, deciding
from .desk import EVERYBODY, name_of, page_for, refused, said, show, to_round, with_round

_DAY = datetime.timedelta(days=1)


def day_field(label, **options):
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        **options,
    )


@admin.register(ReviewRound)
class ReviewRoundAdmin(admin.ModelAdmin):
    """The list of rounds; every other page is one of _PAGES."""

    list_display = ["text", "number", "phase", "outcome", "review_by"]
    list_display_links = ["text"]
    list_filter = ["phase", "outcome"]
    list_select_related = ["version", "agreement"]
    ordering = ["-prepared_at"]

    @admin.display(description=gettext_lazy("agreement"), ordering="agreement__slug")
    def text(self, round_):
        return name_of(round_.version)

    def has_module_permission(self, request):
        return any(rights.holds(request.user, code) for code in EVERYBODY)

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return rights.holds(request.user, rights.CONDUCT)

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission

    def get_object(self, request, object_id, from_field=None):
        raise Http404  # every page of one round is among the addresses below

    def get_urls(self):
        conduct, answer = page_for(rights.CONDUCT), page_for(rights.ANSWER)
        withdraw = page_for(rights.WITHDRAW)
        pages = (
            ("add/", conduct(prepare), "experts_reviewround_add"),
            (
                "<int:pk>/change/",
                page_for(*EVERYBODY)(with_round(desk)),
                "experts_reviewround_change",
            ),
            ("<int:pk>/seats/", conduct(with_round(seats)), "round-seats"),
            ("<int:pk>/step/", conduct(with_round(step)), "round-step"),
            (
                "<int:pk>/comments/",
                page_for(rights.ANSWER, rights.CONDUCT)(with_round(answering.comments)),
                "round-comments",
            ),
            (
                "<int:pk>/comments/<str:key>/",
                answer(with_round(answering.answer)),
                "round-answer",
            ),
            ("<int:pk>/dissent/", withdraw(with_round(deciding.dissent)), "round-dissent"),
            ("<int:pk>/badge/", withdraw(with_round(deciding.withdraw)), "round-withdraw-badge"),
            (
                "version/<int:version_pk>/translation/<str:language>/",
                page_for(rights.CHECK)(deciding.fidelity),
                "version-fidelity",
            ),
            (
                "version/<int:version_pk>/typing-error/",
                answer(deciding.carry_over),
                "version-carry-over",
            ),
        )
        return [
            *(path(address, view, name=name) for address, view, name in pages),
            *super().get_urls(),
        ]


# ── Preparing ────────────────────────────────────────────────────────────────────────────────


class PrepareForm(forms.Form):
    """Version, seats of each field, and the days."""

    version = forms.ModelChoiceField(
        label=gettext_lazy("Sealed version"), queryset=Version.objects.none()
    )
    answer_by = day_field(gettext_lazy("Invitations answered by"))
    review_by = day_field(gettext_lazy("Reviews due by"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = candidates()
        self.fields["version"].label_from_instance = _version_label
        for value, label in Profile.choices:
            self.fields[f"seats_{value}"] = forms.IntegerField(
                label=label, min_value=0, max_value=9, initial=_FIRST_SEATS.get(value, 0)
            )

    def profiles(self):
        return [
            value for value in Profile.values for _n in range(self.cleaned_data[f"seats_{value}"])
        ]

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.profiles():
            raise forms.ValidationError(_("A panel needs seats."))
        return cleaned


# A panel of six: the three fields that the rule asks for, twice each.
_FIRST_SEATS = {Profile.LAW: 2, Profile.POLICY: 2, Profile.PRACTICE: 2}


def candidates():
    """Return the newest sealed versions, which a panel may read."""
    versions = Version.objects.sealed().select_related("agreement")
    newest = {}
    for pk, agreement in versions.order_by("number").values_list("pk", "agreement"):
        newest[agreement] = pk
    busy = ReviewRound.objects.unfinished().values("agreement")
    return versions.filter(pk__in=newest.values()).exclude(agreement__in=busy)


def _version_label(version):
    return f"{name_of(version)} ({version.number})"


def prepare(request):
    """Pick a version, seats and days."""
    today = timezone.localdate()
    initial = {
        "version": request.GET.get("version"),
        "answer_by": today + 10 * _DAY,
        "review_by": today + 31 * _DAY,
    }
    form = PrepareForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said_ = form.cleaned_data
        try:
            round_ = reviewing.prepare(
                said_["version"],
                profiles=form.profiles(),
                answer_by=said_["answer_by"],
                review_by=said_["review_by"],
                by=request.user,
            )
        except reviewing.ReviewError as error:
            refused(request, error)
        else:
            said(request, _("The round is prepared. Now choose who sits on it."))
            return to_round(round_)
    return show(request, "prepare", form=form, title=_("Prepare a round of review"))


# ── The desk of one round ────────────────────────────────────────────────────────────────────


class DaysForm(forms.Form):
    answer_by = day_field(gettext_lazy("Invitations answered by"))
    review_by = day_field(gettext_lazy("Reviews due by"))
    discuss_by = day_field(gettext_lazy("Discussion until"), required=False)


def desk(request, round_):
    """One round: its panel and steps for the coordinator; for others that it is on, no more."""
    conducts = rights.holds(request.user, rights.CONDUCT)
    version = round_.version
    context = {
        "round": round_,
        "title": name_of(version),
        "name": name_of(version),
        "arrived": round_.assignments.filter(state=AssignmentState.SUBMITTED).count(),
        "report": wording.kept_rules(round_.report) if round_.report else None,
        "received": panels.received(round_) if round_.released_at else None,
        "waiting_comments": panels.unanswered_comments(round_).count() if round_.released_at else 0,
        "verdicts": _verdicts(round_) if round_.released_at else [],
        "missing": [],
        "standing": badges.standing(version, version.source_language),
        "translations": deciding.translations(version, blind=not round_.released_at),
        "dissent": getattr(round_, "dissent", None),
        "badge_withdrawal": getattr(round_, "badge_withdrawal", None),
        "carried": CarryOver.objects.filter(round=round_).select_related("version"),
        "may_dissent": round_.outcome == Outcome.NOT_PASSED,
    }
    if round_.phase == Phase.DISCUSSION and not conducts:
        report = panels.report(round_, reader=request.user)
        context["missing"] = wording.missing(report, private=False)
    if conducts:
        context |= _for_coordinator(request, round_)
    return show(request, "round", **context)


def _verdicts(round_):
    """Return the released verdicts with their reasons, by alias: what a dissent is written from."""
    rows = panels.current_verdicts(round_).values()
    aliases = dict(round_.assignments.values_list("pk", "alias"))
    return sorted(((aliases[row.assignment_id], row) for row in rows), key=lambda pair: pair[0])


def _for_coordinator(request, round_):
    taken = round_.assignments.values("expert")
    seats = round_.seats.prefetch_related("assignments__expert")
    experts = Expert.objects.with_address()
    again = (AssignmentState.CANCELLED, AssignmentState.DECLINED, AssignmentState.EXPIRED)
    free = list(experts.exclude(pk__in=taken)) + list(
        experts.filter(
            assignments__round=round_,
            assignments__state__in=again,
            assignments__accepted_at=None,
        )
    )
    today = timezone.localdate()
    initial = {
        "answer_by": round_.answer_by,
        "review_by": round_.review_by,
        "discuss_by": round_.discuss_by or today + 14 * _DAY,
    }
    report = None
    if round_.phase != Phase.CLOSED:
        report = panels.progress(round_, reader=request.user)
    free.sort(key=str)
    return {
        "rows": [_seat_row(seat, round_, free) for seat in seats],
        "days": DaysForm(initial=initial),
        "missing": wording.missing(report, private=True) if report else [],
        "may_release": panels.may_release(round_, today),
        "events": round_.events.select_related("actor", "member__expert")[:30],
        "readings": round_.readings.select_related("reader")[:10],
        "profiles": Profile.choices,
        "states": Counter(row.state for row in round_.assignments.all()),
        "newer": round_.agreement.versions.sealed()
        .filter(number__gt=round_.version.number)
        .exists(),
    }


def _seat_row(seat, round_, free):
    members = list(seat.assignments.all())
    sits = next((each for each in members if each.state in reviewing.LIVE_STATES), None)
    return {
        "seat": seat,
        "sits": sits,
        "experts": [each for each in free if seat.profile in each.fields],
        "may_remove": sits is not None and not (round_.released_at and sits.submitted_at),
        "earlier": [each for each in members if each is not sits],
        "may_remind": sits is not None
        and sits.state in (AssignmentState.INVITED, AssignmentState.ACCEPTED),
    }


def seats(request, round_):
    """Add or take away a seat, before the opening."""
    if request.method == "POST" and round_.phase == Phase.PREPARING:
        if request.POST.get("profile") in Profile.values:
            Seat.objects.create(round=round_, profile=request.POST["profile"])
        elif gone := round_.seats.filter(pk=_number(request, "seat"), assignments=None):
            gone.delete()
        else:
            refused(request, _("Take the expert off this seat first."))
    return to_round(round_)


def _number(request, name):
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 15 else 0


def _member(request, round_):
    member = round_.assignments.filter(pk=_number(request, "member")).first()
    if member is None:
        raise reviewing.NotComplete(_("This expert is not on the panel any more."))
    return member


def _choose(request, round_):
    seat = round_.seats.filter(pk=_number(request, "seat")).first()
    expert = Expert.objects.with_address().filter(pk=_number(request, "expert")).first()
    if seat is None or expert is None:
        raise reviewing.NotComplete(_("Choose an expert."))
    member = reviewing.choose(seat, expert, by=request.user)
    if round_.phase == Phase.INDEPENDENT:
        reviewing.invite(member, by=request.user)
        return _("The invitation is on its way.")
    return _("The seat is taken.")


def _invite(request, round_):
    reviewing.invite(_member(request, round_), by=request.user)
    return _("The invitation is on its way.")


def _remind(request, round_):
    member = _member(request, round_)
    if not outbox.put(Rule.REMINDER, member, timezone.localdate()):
        raise reviewing.NotComplete(_("A reminder left today already."))
    return _("The reminder is on its way.")


def _remove(request, round_):
    reviewing.leave(
        _member(request, round_), reason=request.POST.get("reason", "")[:2000], by=request.user
    )
    return _("The seat is free.")


def _end_links(request, round_):
    reviewing.end_links(_member(request, round_), by=request.user)
    return _("All links of this expert are ended. A reminder brings a fresh one.")


def _open(request, round_):
    reviewing.open_round(round_, by=request.user)
    return _("The round is open and the invitations are on their way.")


def _extend(request, round_):
    form = DaysForm(request.POST)
    if not form.is_valid():
        raise reviewing.NotComplete(_("Choose the days."))
    days = dict(form.cleaned_data)
    if round_.phase != Phase.DISCUSSION:
        days["discuss_by"] = None
    reviewing.extend(round_, by=request.user, **days)
    return _("The days are changed.")


def _release(request, round_):
    form = DaysForm(request.POST)
    day = form.cleaned_data.get("discuss_by") if form.is_valid() else None
    if day is None:
        raise reviewing.NotComplete(_("Choose the day until which the discussion lasts."))
    reviewing.release(round_, discuss_by=day, by=request.user)
    return _("The comments are released.")


def _close(request, round_):
    closed = reviewing.close(round_, by=request.user)
    return _("The round is closed: %(outcome)s.") % {"outcome": closed.get_outcome_display()}


def _cancel(request, round_):
    superseded = request.POST.get("superseded") == "yes"
    reason = request.POST.get("reason", "")[:2000]
    if not superseded and not reason.strip():
        raise reviewing.NotComplete(_("Say why."))
    reviewing.cancel(round_, by=request.user, reason=reason, superseded=superseded)
    return _("The round is closed without a result.")


_STEPS = {
    "choose": _choose,
    "invite": _invite,
    "remind": _remind,
    "remove": _remove,
    "end-links": _end_links,
    "open": _open,
    "extend": _extend,
    "release": _release,
    "close": _close,
    "cancel": _cancel,
}


def step(request, round_):
    """Take one step of a round, named by the button."""
    if request.method != "POST":
        raise PermissionDenied
    take = _STEPS.get(request.POST.get("step", ""))
    if take is None:
        raise PermissionDenied
    try:
        said(request, take(request, round_))
    except reviewing.ReviewError as error:
        refused(request, error)
    return to_round(round_)
