"""The second factor of an account: an authenticator app and ten recovery codes.

The app is a TOTPDevice, the codes are the tokens of a StaticDevice; both come and go together.
"""

import json
import secrets
from base64 import b32encode, b64encode

import qrcode
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another one
_CODE_LENGTH = 10


def has_second_factor(person):
    """Tell whether a person signs in with a code."""
    return TOTPDevice.objects.filter(user=person.pk, confirmed=True).exists()


def added_at(person):
    """Return when a person's second factor began to count, or None."""
    codes = StaticDevice.objects.filter(user=person.pk, confirmed=True).first()
    return codes.created_at if codes else None


def recovery_codes_left(person):
    return StaticToken.objects.filter(device__user=person.pk).count()


def device_that_takes(person, code):
    """Return the person's device that takes a code, or None. A code is taken once."""
    code = "".join(code.split()).replace("-", "").lower()
    kind = TOTPDevice if len(code) == 6 and code.isdecimal() else StaticDevice
    device = kind.objects.filter(user=person.pk, confirmed=True).first()
    return device and verify_token(person, device.persistent_id, code)


def begun(person):
    """Return the app that a person is about to add, or None."""
    return TOTPDevice.objects.filter(user=person.pk, confirmed=False).first()


@transaction.atomic
def begin(person):
    """Make a new key for an authenticator app; it counts from `confirm` on."""
    _lock(person)
    if has_second_factor(person):
        return
    TOTPDevice.objects.filter(user=person.pk, confirmed=False).delete()
    TOTPDevice.objects.create(user_id=person.pk, name="", confirmed=False)


@transaction.atomic
def confirm(person, code, *, by, at=None):
    """Let the app that was begun count, if the code is its own.

    Return (the app, the recovery codes), or (None, []). The codes are told here and never again.
    """
    _lock(person)
    device = begun(person)
    code = "".join(code.split())
    if device is None or not verify_token(person, device.persistent_id, code):
        return None, []
    if not TOTPDevice.objects.filter(pk=device.pk, confirmed=False).update(confirmed=True):
        return None, []
    device.refresh_from_db()
    codes = [_recovery_code() for _each in range(RECOVERY_CODES)]
    kept = StaticDevice.objects.create(user_id=person.pk, name="")
    StaticToken.objects.bulk_create(StaticToken(device=kept, token=each) for each in codes)
    _remember("added", person, by, at)
    return device, codes


@transaction.atomic
def remove(person, *, by, at=None):
    """Take the second factor away with its recovery codes; tell whether there was one."""
    _lock(person)
    gone, _each = TOTPDevice.objects.filter(user=person.pk, confirmed=True).delete()
    if not gone:
        return False
    StaticDevice.objects.filter(user=person.pk).delete()
    _remember("deleted", person, by, at)
    return True


def _recovery_code():
    return "".join(secrets.choice(_LETTERS) for _each in range(_CODE_LENGTH))


def _lock(person):
    """Make whoever adds or removes a second factor of the same person wait."""
    User.objects.select_for_update().get(pk=person.pk)


def _remember(what, person, by, at):
    """Add the row of the account's history, in the form that Django tells in every language."""
    name = gettext_noop("second factor")
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=str(person)[:200],
        action_flag=CHANGE,
        change_message=json.dumps([{what: {"name": name, "object": str(person)}}]),
        action_time=at or timezone.now(),
    )


# ── What is shown ────────────────────────────────────────────────────────────────────────────


def in_groups(code, size):
    """Return a code with a gap after every few letters, as people read it.

    >>> in_groups("abcdefghij", 5)
    'abcde fghij'
    """
    return " ".join(code[at : at + size] for at in range(0, len(code), size))


def key_as_text(device):
    return in_groups(b32encode(device.bin_key).decode(), 4)


def qr_address(device):
    """Return the picture that an app reads, as a `data:` address of an SVG."""
    picture = qrcode.make(device.config_url, image_factory=SvgPathImage, border=4)
    return "data:image/svg+xml;base64," + b64encode(picture.to_string()).decode()
