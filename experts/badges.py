"""The badge: what readers may be told of the checking of a version. Derived, never stored.

A version is verified where a round passed on a text with the same substance hash and its badge was
not withdrawn; in a language, where one reader of both languages confirmed exactly that language's
text as well. So a changed word ends it, and going back to the old text finds it again.
"""

from dataclasses import dataclass

from django.db.models import BooleanField, OuterRef, Q, Subquery

from .models import FidelityCheck, ReviewedPublication, ReviewRound
from .models.round import Outcome, Phase

Level = ReviewedPublication.Level


@dataclass(frozen=True)
class Standing:
    """What checking a version has been through, for readers of one language.

    `level` is about the text in its source language; `is_faithful` says whether the reader's own
    language was confirmed to say the same. `round` is the one it rests on, None without any;
    `withdrawal` is set where a badge was taken away.
    """

    level: str
    round: ReviewRound | None = None
    is_faithful: bool = False
    withdrawal: object = None

    @property
    def is_verified(self):
        """Tell whether readers of this language may be shown the badge."""
        return self.level == Level.VERIFIED and self.is_faithful

    @property
    def translation_waits(self):
        """Tell whether the source is verified and only this translation was not confirmed."""
        return self.level == Level.VERIFIED and not self.is_faithful


NOT_REVIEWED = Standing(Level.NOT_REVIEWED)


def standing(version, language, *, moment=None):
    """Return the Standing of a sealed version for a stored language: one query.

    With `moment`, as it was then.
    """
    round_ = _rounds_on(version, language, moment).first()  # the newest outcome is the one
    if round_ is None:
        return NOT_REVIEWED
    if round_.outcome == Outcome.NOT_PASSED:
        dissent = _until(getattr(round_, "dissent", None), "decided_at", moment)
        if dissent is None:
            return NOT_REVIEWED
        own = language == version.source_language
        return Standing(Level.WITH_DISSENT, round_, own or bool(round_.confirmed))
    withdrawal = _until(getattr(round_, "badge_withdrawal", None), "withdrawn_at", moment)
    if withdrawal:
        return Standing(Level.NOT_REVIEWED, round_, withdrawal=withdrawal)
    own = language == version.source_language
    return Standing(Level.VERIFIED, round_, own or bool(round_.confirmed))


def _until(row, field, moment):
    """Return a row unless it came after the moment."""
    return None if row is not None and moment and getattr(row, field) > moment else row


def _rounds_on(version, language, moment):
    """Return the closed rounds on this very substance, or carried over to it, newest first."""
    if version.is_draft:
        return ReviewRound.objects.none()
    carried = Q(
        carried_to__version=version,
        carried_to__confirmed_at__isnull=False,
    )
    uncontested = Q(carried_to__contested_at=None)
    if moment:
        carried &= Q(carried_to__confirmed_at__lte=moment)
        uncontested |= Q(carried_to__contested_at__gt=moment)
    carried &= uncontested
    rounds = ReviewRound.objects.filter(
        Q(version__substance_hash=version.substance_hash) | carried,
        agreement=version.agreement_id,
        phase=Phase.CLOSED,
        outcome__in=(Outcome.PASSED, Outcome.NOT_PASSED),
    )
    if moment:
        rounds = rounds.filter(closed_at__lte=moment)
    checks = FidelityCheck.objects.filter(
        Q(substance_hash=OuterRef("version__substance_hash"))
        | Q(substance_hash=version.substance_hash),
        version__agreement=version.agreement_id,
        language=language,
        language_hash=getattr(version, f"hash_{language}"),
    )
    if moment:
        checks = checks.filter(checked_at__lte=moment)
    newest = checks.order_by("-checked_at", "-pk").values("is_faithful")[:1]
    return (
        rounds.annotate(confirmed=Subquery(newest, output_field=BooleanField()))
        .select_related("badge_withdrawal", "dissent", "version")
        .order_by("-closed_at", "-pk")
        .distinct()
    )


def record_publication(publication):
    """Keep what a publication could claim when it was made (publishing.WITNESSES)."""
    version = publication.version
    found = standing(version, version.source_language)
    ReviewedPublication.objects.create(
        publication=publication,
        round=found.round if found.level != Level.NOT_REVIEWED else None,
        level=found.level,
        report=found.round.report if found.level != Level.NOT_REVIEWED else None,
    )
