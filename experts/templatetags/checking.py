"""What pages of other apps show of expert review: the badge, its explanation, rounds on a desk."""

from django import template
from django.urls import reverse

from agreements.models import Version
from dialogue_platform import languages
from experts import badges, rights
from experts.models import ReviewRound

register = template.Library()


@register.inclusion_tag("experts/_badge.html", takes_context=True)
def badge(context, version, day=None):
    """Say what checking a version has been through: {% badge version day %}.

    Where the page is not the public one (preview, review), there is no public explanation yet.
    """
    moment, slug = day.moment if day else None, version.agreement.slug
    address = reverse("agreement-checked", args=[slug])
    if version.pk != version.agreement.published_id or not day:
        address = reverse("version-checked", args=[slug, version.number])
    return {
        "standing": badges.standing(version, languages.current().stored, moment=moment),
        "version": version,
        "address": "" if context.get("review") or context.get("is_preview") else address,
        "language": languages.current(),
    }


@register.simple_tag
def rounds_of(agreement):
    """Return the rounds of an agreement, newest first, for its desk."""
    return (
        ReviewRound.objects.filter(agreement=agreement)
        .select_related("version")
        .order_by("-number")
    )


@register.simple_tag
def standing_of(version: Version):
    """Return the Standing of a version in its source language, for editors."""
    return badges.standing(version, version.source_language)


@register.simple_tag(takes_context=True)
def may_conduct(context):
    """Tell whether the person before the page conducts rounds."""
    return rights.holds(context["request"].user, rights.CONDUCT)


@register.simple_tag(takes_context=True)
def may_follow(context):
    """Tell whether the person before the page may open the pages of rounds."""
    codes = (rights.CONDUCT, rights.ANSWER, rights.WITHDRAW)
    return any(rights.holds(context["request"].user, code) for code in codes)


@register.filter
def first_sealed(rows):
    """Return the newest sealed version of the rows of an overview, or None."""
    return next((row["version"] for row in rows if not row["version"].is_draft), None)
