"""For readers: how a version was checked, and the rule of the quorum in numbers."""

from django.db.models import F
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse

from agreements.models import Publication, Version
from dialogue_platform import languages
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import sort_key
from dialogue_platform.views import public_page
from experts import badges, reviewing, wording
from experts.models import CarryOver, ReviewRound
from experts.models.assignment import AssignmentState
from experts.models.expert import Profile


@public_page
def checked(request, slug, number=None):
    """How a version was checked: what is public now, or one published version for ever."""
    versions = Version.objects.published().select_related("agreement").filter(agreement__slug=slug)
    if number is None:
        versions = versions.filter(pk=F("agreement__published"))
    elif number < 2**31:
        versions = versions.filter(number=number)
    version = versions.first() if number is None or number < 2**31 else None
    if version is None:
        raise Http404
    standings = {code: badges.standing(version, code) for code in languages.STORED}
    found = standings[version.source_language]
    context = {
        "agreement": version.agreement,
        "version": version,
        "name": bare_text(reading(version, "short_title")),
        "back": reverse("agreement", args=[slug])
        if number is None
        else reverse("agreement-version", args=[slug, number]),
        "publication": Publication.objects.filter(version=version).newest_first().first(),
        "standing": found,
        "round": found.round,
        "editions_checked": [
            (each, standings[each.stored].is_verified, each.stored == version.source_language)
            for each in languages.PUBLIC
        ],
    }
    if found.round is not None:
        context |= _round(found, version)
    return render(request, "experts/checked.html", context)


def _round(standing, version):
    """Return what readers may know of a round: its rule and what was met, numbers, names where
    the round passed and their owners want it, and how earlier rounds ended."""
    round_ = standing.round
    members = round_.assignments.filter(
        state=AssignmentState.SUBMITTED, named_at__isnull=False, expert__erased_at=None
    )
    cyrillic = languages.current().tag == "sr-Cyrl"
    named = []  # they consented to stand under a text that is verified
    if standing.level == badges.Level.VERIFIED:
        named = [member.expert for member in members.select_related("expert")]
    names = [(each.name_cyrillic if cyrillic else "") or each.name for each in named]
    # Fields of the seats, not of persons: the roster was fixed before anybody said anything.
    fields = set(round_.seats.values_list("profile", flat=True))
    return {
        "report": round_.report,
        "rules": wording.kept_rules(round_.report),
        "policy_numbers": wording.numbers(round_.policy.policy),
        "earlier_rounds": ReviewRound.objects.filter(
            agreement=version.agreement,
            released_at__isnull=False,
            closed_at__isnull=False,
            number__lt=round_.number,
        ).select_related("version"),
        "panel": round_.report["panel"],
        "left": round_.report["left"],
        "names": sorted(names, key=lambda name: sort_key(name, cyrillic)),
        "fields": [label for value, label in Profile.choices if value in fields],
        "carried": CarryOver.objects.filter(version=version, contested_at=None)
        .exclude(confirmed_at=None)
        .exists(),
    }


def rule_of_today():
    """Return what the page about verification shows below its text."""
    newest = reviewing.current_policy()
    return {"rule_sentences": wording.numbers(newest.policy), "rule_since": newest.since}
