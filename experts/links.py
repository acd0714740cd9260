"""Links in letters: 32 random bytes, of which only the hash is kept; the way to a scoped session.

A link opens one assignment. Following it changes nothing (mail scanners follow links); the page it
shows has a button, and that exchanges the secret for a session that knows which links it holds. On
every request each link is asked again whether it still opens.
"""

import datetime
import hashlib
import secrets

from django.utils import timezone

from .models import AccessLink, Assignment
from .models.assignment import READING_STATES, AssignmentState
from .models.round import Phase

VALID_DAYS = 28  # after the review is due
_SESSION_KEY = "review_links"
_OPENS = (AssignmentState.INVITED, *READING_STATES)


def make(assignment, *, at=None, until=None):
    """Return the secret of a new link to an assignment: the only moment at which it is known."""
    at = at or timezone.now()
    secret = secrets.token_urlsafe(32)
    expires = expiry(assignment)
    if until is not None:
        expires = max(expires, until)
    AccessLink.objects.create(
        assignment=assignment, digest=digest(secret), made_at=at, expires_at=expires
    )
    return secret


def expiry(assignment):
    """Return the end of the last day of a link: 28 days after the review is due, and never before
    the discussion is over."""
    return _last_moment(assignment.round)


def _last_moment(round_):
    last = round_.review_by + datetime.timedelta(days=VALID_DAYS)
    if round_.discuss_by and round_.phase == Phase.DISCUSSION:
        last = max(last, round_.discuss_by)
    return _end_of(last)


def _end_of(day):
    next_day = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time())
    return timezone.make_aware(next_day)


def put_off(round_):
    """Let the links of a round open for as long as one that were made now, after a day moved.

    A link that opens longer stays as it is.
    """
    last = _last_moment(round_)
    AccessLink.objects.filter(
        assignment__round=round_, revoked_at=None, expires_at__lt=last
    ).update(expires_at=last)


def revoke(assignment, *, at=None):
    """End every link of an assignment, and with them the sessions that hold one; return how many.

    By the expert, or by the coordinator where a letter fell into other hands.
    """
    alive = AccessLink.objects.filter(assignment=assignment, revoked_at=None)
    return alive.update(revoked_at=at or timezone.now())


def was_held(request, key):
    """Return the assignment of a key whose link the session once held, open or not, or None."""
    held = request.session.get(_SESSION_KEY, [])
    return Assignment.objects.filter(links__in=held, key=key).distinct().first()


def digest(secret):
    """Return the SHA-256 of a secret, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find(secret):
    """Return the AccessLink of a secret, valid or not, or None."""
    return AccessLink.objects.filter(digest=digest(secret)).first()


def opening(*, at=None):
    """Return the links that open something now: in time, not revoked, of a live assignment."""
    return AccessLink.objects.filter(
        revoked_at=None, expires_at__gt=at or timezone.now(), assignment__state__in=_OPENS
    )


def remember(request, link):
    """Let the session of a request hold a link, under a new session key."""
    held = [*request.session.get(_SESSION_KEY, []), link.pk]
    request.session.cycle_key()
    request.session[_SESSION_KEY] = held[-20:]


def forget(request):
    """Let the session hold no link any more."""
    request.session.pop(_SESSION_KEY, None)


def assignments_of(request):
    """Return the Assignments that whoever asks may open."""
    held = request.session.get(_SESSION_KEY, [])
    found = Assignment.objects.none()
    if held:
        found = Assignment.objects.filter(links__in=opening().filter(pk__in=held))
    return found.select_related(
        "expert", "seat", "round__policy", "round__agreement__published", "round__version"
    ).distinct()
