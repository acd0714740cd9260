"""Files of the agreements themselves: checked by what is in them, kept once under their SHA-256.

A name and a browser's word about the type prove nothing, so neither is asked. What is served is
always a download that no browser runs (views/original.py).
"""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from . import drafting
from .models import AuditEntry, Original
from .publishing import PublishingError

LARGEST = 25 * 1024 * 1024  # bytes; a scan of fifty pages has about ten
# How each kind of file begins. Word files are for importing, not for keeping: they can hold macros
# and names of people.
BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


class UnfitFile(PublishingError):
    """A file that cannot be kept; the message says why."""


def kind_of(content):
    """Return the media type of a file by its content. Raises UnfitFile."""
    if not content:
        raise UnfitFile(_("The file is empty."))
    if len(content) > LARGEST:
        raise UnfitFile(_("The file is larger than 25 MB."))
    for beginning, media_type in BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    raise UnfitFile(_("Only PDF, JPEG and PNG files can be attached; this is none of them."))


def path_of(sha256):
    return f"originals/{sha256[:2]}/{sha256}"


@transaction.atomic
def attach(agreement, content, *, language, authority, source, by, at=None):
    """Attach a file to the draft of an agreement and return the Original. Raises UnfitFile."""
    at, media_type = at or timezone.now(), kind_of(content)
    draft = drafting.draft_for_writing(agreement, by=by, at=at)
    sha256 = hashlib.sha256(content).hexdigest()
    if draft.originals.filter(sha256=sha256).exists():
        raise UnfitFile(_("This file is attached already."))
    if not default_storage.exists(path_of(sha256)):
        default_storage.save(path_of(sha256), ContentFile(content))
    last = draft.originals.aggregate(last=Max("position"))["last"] or 0
    original = Original.objects.create(
        version=draft,
        position=last + 1,
        language=language,
        authority=authority,
        source=source,
        media_type=media_type,
        size=len(content),
        sha256=sha256,
        added_by=by,
        added_at=at,
    )
    drafting.note(draft, f"original.{sha256[:12]}", "", original.file_name, by, at)
    _record(AuditEntry.Action.ORIGINAL_ATTACHED, draft, original, by, at)
    return original


@transaction.atomic
def detach(agreement, *, sha256, by, at=None):
    """Take a file out of the draft; its bytes stay for the versions that show it."""
    at = at or timezone.now()
    draft = drafting.draft_for_writing(agreement, by=by, at=at)
    found = list(draft.originals.filter(sha256=sha256))
    if not found:
        raise drafting.NothingChanged(_("Nothing was changed."))
    for original in found:
        drafting.note(draft, f"original.{sha256[:12]}", original.file_name, "", by, at)
        _record(AuditEntry.Action.ORIGINAL_REMOVED, draft, original, by, at)
        original.delete()


def _record(action, draft, original, by, at):
    detail = f"{original.language} {original.authority} {original.sha256[:12]}"
    AuditEntry.objects.record(
        action, agreement=draft.agreement, version=draft, by=by, at=at, detail=detail
    )


def read(sha256):
    """Return the bytes of a file. Raises FileNotFoundError."""
    with default_storage.open(path_of(sha256)) as file:
        return file.read()
