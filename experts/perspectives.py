"""Community data: what an expert may say of themselves, sealed, for the balance of one round.

The only module that seals and opens these answers. Optional, by explicit consent to a wording that
has a number, encrypted with a key that is in the environment and not in the database, opened by one
function that writes down who read and why, gone 90 days after the round. Rule: docs/experts.md and
the page of data protection; article 9 of the EU's General Data Protection Regulation (2016/679).
"""

import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django.views.decorators.debug import sensitive_variables

from .models import PerspectiveReading, PerspectiveRecord
from .models.round import Outcome

# The number of the wording in templates/experts/_consent.html; a new wording gets a new number.
CONSENT = 1
KEPT_DAYS = 90
_SEALED_LENGTH = 64  # every answer is padded to it: its length tells nothing


class Perspective(models.TextChoices):
    """Communities that can be named. Who prefers not to say leaves no row."""

    ALBANIAN = "albanian", pgettext_lazy("community", "Albanian")
    SERB = "serb", pgettext_lazy("community", "Serb")
    OTHER = "other", pgettext_lazy("community", "another")


class NoKey(Exception):
    """PERSPECTIVES_KEY is not set: nobody is asked, nothing can be sealed or opened."""


def is_asked():
    """Tell whether this installation can keep answers safe, and so may ask."""
    return bool(settings.PERSPECTIVES_KEYS)


def _box():
    if not settings.PERSPECTIVES_KEYS:
        raise NoKey
    # The first seals, all open: a key is replaced by putting the new one in front.
    return MultiFernet([Fernet(key) for key in settings.PERSPECTIVES_KEYS])


@sensitive_variables()
@transaction.atomic
def declare(assignment, perspective, *, at=None):
    """Seal what an expert says of themselves, instead of what they said before.

    Raises ValueError for no known Perspective, NoKey where nothing can be kept safe.
    """
    words = f"{assignment.key}:{Perspective(perspective)}".ljust(_SEALED_LENGTH)
    PerspectiveRecord.objects.update_or_create(
        assignment=assignment,
        defaults={
            "sealed": _box().encrypt(words.encode()),
            "consent": CONSENT,
            "consented_at": at or timezone.now(),
        },
    )


def erase(assignment):
    """Withdraw the consent: the answer is gone. Returns whether there was one."""
    gone, _rows = PerspectiveRecord.objects.filter(assignment=assignment).delete()
    return bool(gone)


def erase_of(round_):
    """Erase all answers of a round that ended without a result; return how many there were."""
    gone, _rows = PerspectiveRecord.objects.filter(assignment__round=round_).delete()
    return gone


def has_declared(assignment):
    """Tell the expert, and nobody else, whether an answer is kept."""
    return PerspectiveRecord.objects.filter(assignment=assignment).exists()


def erase_old(*, at=None):
    """Erase the answers of rounds that closed 90 days ago or more; return how many there were."""
    before = (at or timezone.now()) - datetime.timedelta(days=KEPT_DAYS)
    over = Q(assignment__round__closed_at__lte=before)
    # Of a cancelled round nobody will ask again.
    cancelled = Q(assignment__round__outcome=Outcome.CANCELLED)
    gone, _rows = PerspectiveRecord.objects.filter(over | cancelled).delete()
    return gone


@sensitive_variables()
@transaction.atomic
def read(round_, *, reader, reason, at=None):
    """Return {assignment id: perspective} of a round, and write down who read and why.

    Answers that cannot be opened (a lost key) are as if nothing had been said. The one function
    that opens an answer.
    """
    records = list(PerspectiveRecord.objects.filter(assignment__round=round_))
    if not records:
        return {}
    PerspectiveReading.objects.create(
        round=round_, reader=reader, reason=reason, at=at or timezone.now()
    )
    found = {}
    keys = dict(round_.assignments.values_list("pk", "key"))
    for record in records:
        try:
            words = _box().decrypt(bytes(record.sealed)).decode().strip()
        except (InvalidToken, NoKey):
            continue
        key, _colon, perspective = words.partition(":")
        if key == keys[record.assignment_id]:  # moved to another row, it is nobody's
            found[record.assignment_id] = perspective
    return found
