"""Whether a translation says what its source says: one reader of both, never who translated it;
and the badge kept over a typing error, which two editors vouch for and any expert may contest."""

import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements import comparing, publishing, translation_state
from agreements.models import Version
from agreements.models.version import ChangeClass
from dialogue_platform.languages import STORED

from . import badges, outbox, reviewing
from .models import CarryOver, FidelityCheck, ReviewRound
from .models.assignment import AssignmentState
from .models.outbox import Rule
from .models.round import RoundAction
from .reviewing import NotComplete, OwnWork

CONTEST_DAYS = 10


def translators_of(version, language):
    """Return the ids of everybody whose words stand in a language of a version, and of whoever
    prepared it."""
    written = translation_state.translators(version, language)
    people = {person for people in written.values() for person in people}
    return people | {version.prepared_by_id}


@transaction.atomic
def check(version, language, *, is_faithful, note="", assignment=None, by=None, at=None):
    """Add a FidelityCheck by a member of a panel or by a colleague (`by`), and return it.

    Raises NotComplete for a language that is not translated or cannot be judged by this reader, or
    of another panel; OwnWork for whoever translated.
    """
    at = at or timezone.now()
    if version.is_draft or language not in STORED or language == version.source_language:
        raise NotComplete(_("This language has no translation to check in this version."))
    if not getattr(version, f"title_{language}"):
        raise NotComplete(_("This language has no translation to check in this version."))
    if not is_faithful and not note.strip():
        raise NotComplete(_("Say where it does not say the same."))
    if assignment is not None and not (
        assignment.may_read and assignment.round.agreement_id == version.agreement_id
    ):
        raise NotComplete(_("You are not on this panel any more."))
    expert = assignment.expert if assignment else None
    if expert is not None and not expert.reads(language, version.source_language):
        raise NotComplete(_("A translation is checked by who reads both languages."))
    if by is not None and language not in _languages_of(by):
        raise NotComplete(_("A translation is checked by who reads both languages."))
    reader = by.pk if by is not None else expert.user_id
    if reader is not None and reader in translators_of(version, language):
        raise OwnWork(_("You translated part of it; somebody else has to check it."))
    if is_faithful and _doubted(version, language, expert, by):
        raise NotComplete(
            _("Another reader found differences. Change the translation, or let them look again.")
        )
    made = FidelityCheck.objects.create(
        version=version,
        language=language,
        language_hash=getattr(version, f"hash_{language}"),
        substance_hash=version.substance_hash,
        is_faithful=is_faithful,
        note=note.strip(),
        expert=expert,
        colleague=by,
        checked_at=at,
    )
    if assignment is not None:
        reviewing.note(
            assignment.round, RoundAction.FIDELITY, member=assignment, at=at, detail=language
        )
    return made


def _languages_of(colleague):
    """Return the languages that a colleague reads beside their own work: their translations."""
    way_of_working = getattr(colleague, "colleague", None)
    return way_of_working.translates if way_of_working else []


def _doubted(version, language, expert, colleague):
    """Tell whether the last word of another reader on this very text is that it differs."""
    checks = FidelityCheck.objects.filter(
        version__agreement=version.agreement_id,
        language=language,
        language_hash=getattr(version, f"hash_{language}"),
        substance_hash=version.substance_hash,
    )
    last = {(check.expert_id, check.colleague_id): check.is_faithful for check in checks}
    mine = (expert and expert.pk, colleague and colleague.pk)
    return any(not said for reader, said in last.items() if reader != mine)


# ── A typing error ───────────────────────────────────────────────────────────────────────────


def round_before(version):
    """Return the passed round whose badge the version before this one carries, or None."""
    earlier = (
        version.agreement.versions.sealed().filter(number__lt=version.number).order_by("-number")
    )
    for before in earlier:
        found = badges.standing(before, before.source_language)
        if found.level == badges.Level.VERIFIED:
            return found.round
        if before.pk == version.agreement.published_id:
            return None
    return None


@transaction.atomic
def propose_carry_over(version, *, by, at=None):
    """Ask that a correction keeps the badge of the version before; return the CarryOver.

    Raises NotComplete for another kind of change or where there is no badge to keep.
    """
    if version.is_draft or version.change_class != ChangeClass.CORRECTION:
        raise NotComplete(_("Only a sealed correction can keep a badge."))
    round_ = round_before(version)
    if round_ is None or round_.version.substance_hash == version.substance_hash:
        raise NotComplete(_("There is no badge of an earlier version to keep."))
    before, after = (
        Version.objects.with_texts().get(pk=pk) for pk in (round_.version_id, version.pk)
    )
    if comparing.changed_facts(before, after) or comparing.changed_lists(before, after):
        raise NotComplete(_("A fact, a source or the order changed: that is no typing error."))
    try:
        with transaction.atomic():
            made = CarryOver.objects.create(
                version=version, round=round_, proposed_by=by, proposed_at=at or timezone.now()
            )
    except IntegrityError as error:
        raise NotComplete(_("Somebody asked for this already.")) from error
    reviewing.note(round_, RoundAction.CARRY_PROPOSED, by=by, at=at)
    return made


@transaction.atomic
def confirm_carry_over(carry, *, by, at=None):
    """Vouch, as a second editor, that only a typing error changed; the panel is told.

    Raises OwnWork for who asked, or wrote the change; NotComplete where it is confirmed already.
    """
    at = at or timezone.now()
    if by.pk == carry.proposed_by_id or by.pk in publishing.authors_of(carry.version):
        raise OwnWork(_("Somebody who did not write it has to confirm that it is a typing error."))
    if not CarryOver.objects.filter(pk=carry.pk, confirmed_at=None).update(
        confirmed_by=by, confirmed_at=at
    ):
        raise NotComplete(_("Somebody else confirmed it already."))
    carry.refresh_from_db()
    reviewing.note(carry.round, RoundAction.CARRIED, by=by, at=at)
    for member in carry.round.assignments.filter(state=AssignmentState.SUBMITTED):
        outbox.put(Rule.CARRIED, member, carry.pk, at=at)


def contest_until(carry):
    """Return the moment until which members of the panel may contest."""
    return carry.confirmed_at + datetime.timedelta(days=CONTEST_DAYS)


@transaction.atomic
def contest(carry, *, assignment, reason, at=None):
    """Turn a small change into a round: the badge no longer holds for the new version at once.

    Returns the prepared ReviewRound with the same seats, or None where the agreement is in review
    already. Raises NotComplete without a reason, too late, or not of this panel.
    """
    at = at or timezone.now()
    if assignment.round_id != carry.round_id or assignment.state != AssignmentState.SUBMITTED:
        raise NotComplete(_("Only members of the panel can ask for a round."))
    if not reason.strip():
        raise NotComplete(_("Say why this is more than a typing error."))
    if carry.confirmed_at is None or at > contest_until(carry):
        raise NotComplete(_("The ten days are over."))
    if not CarryOver.objects.filter(pk=carry.pk, contested_at=None).update(
        contested_by=assignment, contested_at=at, contest_reason=reason.strip()
    ):
        raise NotComplete(_("Somebody else asked for a round already."))
    reviewing.note(carry.round, RoundAction.CONTESTED, member=assignment, at=at)
    if ReviewRound.objects.unfinished().filter(agreement=carry.round.agreement_id).exists():
        return None
    today = timezone.localdate(at)
    week = datetime.timedelta(days=7)
    return reviewing.prepare(
        carry.version,
        profiles=list(carry.round.seats.values_list("profile", flat=True)),
        answer_by=today + week,
        review_by=today + 3 * week,
        by=carry.round.prepared_by,
        at=at,
    )
