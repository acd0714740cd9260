"""Signing in: a name and a password, a code where there is a second factor, a lock after failures.

docs/accounts.md says why it is so. Verbs of the second factor are in second_factor.py.
"""

import math
import time
from ipaddress import ip_address, ip_network
from urllib.parse import urlencode

import django_otp
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import BACKEND_SESSION_KEY, REDIRECT_FIELD_NAME, logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.db.models import Exists, Max, OuterRef
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import second_factor
from .second_factor import device_that_takes, has_second_factor
from .views import refusal

WAITING = "waits_for_code"  # key of the session
CODE_WITHIN = 10 * 60  # seconds after the password in which the code has to follow


# ── The lock ─────────────────────────────────────────────────────────────────────────────────


def client_address(request):
    """Return the address that the lock knows a visitor by, or None where there is none.

    Behind a proxy it is the last one in X-Forwarded-For, which our proxy wrote; those before it
    are the visitor's word. Whoever has an IPv6 address has a whole /64, so that is the address.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        found = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or found
    try:
        address = ip_address(found)
    except ValueError:
        return None
    if address.version == 6:
        address = address.ipv4_mapped or ip_network((int(address), 64), strict=False)[0]
    return str(address)


def locked_out(request, original_response, credentials):
    """Return the page for somebody who failed too often; django-axes asks for it."""
    failures = AccessAttempt.objects.filter(
        username=(credentials or {}).get("username"), ip_address=request.axes_ip_address
    )
    last = failures.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    wait = max(1, math.ceil((last + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()))
    minutes = math.ceil(wait / 60)
    reason = ngettext(
        "Signing in failed too often. Please try again in %(count)d minute.",
        "Signing in failed too often. Please try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}
    response = refusal(request, 429, reason)
    response["Retry-After"] = str(wait)
    add_never_cache_headers(response)
    return response


# ── Who is signed in ─────────────────────────────────────────────────────────────────────────


class People(ModelBackend):
    """Django's accounts; who is signed in comes with whether they have a second factor."""

    def get_user(self, user_id):
        """Return the person of a session, by the one query that each page asks anyway."""
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        person = User.objects.annotate(signs_in_with_code=Exists(apps)).filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None


def owes_code(person):
    """Tell whether somebody has a second factor and has not shown it in this session."""
    if getattr(person, "otp_device", None) is not None:
        return False
    known = getattr(person, "signs_in_with_code", None)
    return has_second_factor(person) if known is None else known


def fully_signed_in(person):
    """Tell whether somebody is signed in with everything they have to show."""
    return person.is_authenticated and not owes_code(person)


def accepted_device(request, person, code):
    """Return the device of a person that takes a code, or None.

    A wrong code counts like a wrong password; of somebody who is locked out none is looked at.
    """
    credentials = {"username": person.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out, request.axes_credentials = True, credentials
        return None  # the middleware answers with the page of the lock
    device = device_that_takes(person, code)
    if device is None:
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return device


# ── Signing in ───────────────────────────────────────────────────────────────────────────────


class SignInForm(AuthenticationForm):
    """A name and a password."""

    def clean_username(self):
        username = self.cleaned_data["username"]
        if len(username) > User._meta.get_field("username").max_length:
            raise self.get_invalid_login_error()  # nobody's, and too long for the list of failures
        return username


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the admin, which lets in colleagues only."""


class CodeForm(forms.Form):
    """One code, of the authenticator app or of the recovery codes; `device` is what took it."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        help_text=_("Six digits from your authenticator app, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "size": 14,
            }
        ),
    )
    wrong = _("This code is not valid, or was already used. Please wait for the next one.")
    device = None

    def __init__(self, request, person, *args, **kwargs):
        self.request, self.person = request, person
        super().__init__(*args, **kwargs)

    def clean_code(self):
        code = self.cleaned_data["code"]
        self.device = self.device_for(code)
        if self.device is None:
            raise forms.ValidationError(self.wrong)
        return code

    def device_for(self, code):
        return accepted_device(self.request, self.person, code)


class SecondStepForm(CodeForm):
    """The code that completes signing in."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True

    def get_user(self):
        """Return the person with the device, which signing in writes into the session."""
        self.person.otp_device = self.device
        return self.person


class SignIn(LoginView):
    """Signing in at one address: name and password, then a code where there is a second factor.

    Nobody is signed in before the last step, so nobody learns without the password who has a
    second factor. A subclass names its templates, its form and where to go (`next_page`).
    """

    authentication_form = SignInForm
    code_template_name = "admin/code.html"

    def dispatch(self, request, *args, **kwargs):
        self.waiting = None if "username" in request.POST else waiting_for_code(request)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if "again" in request.POST:
            logout(request)
            return redirect(self.here())
        if "code" in request.POST and self.waiting is None:
            return redirect(self.here())  # the code came too late
        return super().post(request, *args, **kwargs)

    def here(self):
        """Return this address with the page to go to afterwards."""
        after = self.get_redirect_url()
        return self.request.path + (f"?{urlencode({REDIRECT_FIELD_NAME: after})}" if after else "")

    def get_form_class(self):
        return SecondStepForm if self.waiting else super().get_form_class()

    def get_form_kwargs(self):
        return super().get_form_kwargs() | ({"person": self.waiting} if self.waiting else {})

    def get_template_names(self):
        return [self.code_template_name] if self.waiting else super().get_template_names()

    def form_valid(self, form):
        person = form.get_user()
        if self.waiting is None and has_second_factor(person):
            wait_for_code(self.request, person)
            return redirect(self.here())
        self.request.session.pop(WAITING, None)
        return super().form_valid(form)


class AdminSignIn(SignIn):
    """The admin's own."""

    authentication_form = AdminSignInForm
    template_name = "admin/login.html"
    next_page = "admin:index"


def wait_for_code(request, person):
    """Remember in the session who has given the right password."""
    request.session.cycle_key()
    request.session[WAITING] = {
        "person": person.pk,
        "backend": person.backend,
        "proof": person.get_session_auth_hash(),
        "since": time.time(),
    }


def waiting_for_code(request):
    """Return who has given the right password in this session and owes a code, or None.

    Also somebody who is signed in and added a second factor since, in another browser.
    """
    if request.user.is_authenticated:
        request.user.backend = request.session[BACKEND_SESSION_KEY]
        return request.user if owes_code(request.user) else None
    kept = request.session.get(WAITING)
    if not kept or time.time() - kept["since"] > CODE_WITHIN:
        return None
    person = User.objects.filter(pk=kept["person"], is_active=True).first()
    if person is None or not has_second_factor(person):
        return None
    if not constant_time_compare(person.get_session_auth_hash(), kept["proof"]):
        return None  # the password was changed since
    person.backend = kept["backend"]
    return person


# ── The page of one's own second factor ──────────────────────────────────────────────────────


class ConfirmForm(CodeForm):
    """The first code of an app that is being added; `recovery_codes` are made with it."""

    recovery_codes = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Six digits.")

    def device_for(self, code):
        device, self.recovery_codes = second_factor.confirm(self.person, code, by=self.person)
        return device


@sensitive_post_parameters("code")
def second_factor_page(request):
    """Add a second factor, see its recovery codes once, take it away with a code."""
    person, do = request.user, request.POST.get("do", "")
    if do == "begin":
        second_factor.begin(person)
        return redirect("admin:second-factor")
    in_use = has_second_factor(person)
    if do == "remove" and in_use:
        form = CodeForm(request, person, request.POST)
        if form.is_valid():
            second_factor.remove(person, by=person)
            messages.success(request, _("Your second factor is gone. The password is enough now."))
            return redirect("admin:second-factor")
    elif do == "confirm" and not in_use:
        form = ConfirmForm(request, person, request.POST)
        if form.is_valid():
            django_otp.login(request, form.device)
            return _second_factor(request, in_use=True, codes=form.recovery_codes)
    else:
        form = (CodeForm if in_use else ConfirmForm)(request, person)
    return _second_factor(request, in_use=in_use, form=form)


def _second_factor(request, *, in_use, form=None, codes=()):
    """Render the page in one of its states: nothing yet, about to be added, just added, in use."""
    person = request.user
    device = None if in_use else second_factor.begun(person)
    context = {
        "title": _("Second factor"),
        "form": form,
        "in_use": in_use,
        "codes": [second_factor.in_groups(code, 5) for code in codes],
        "codes_left": second_factor.recovery_codes_left(person),
        "added_at": second_factor.added_at(person),
        "key": device and second_factor.key_as_text(device),
        "picture": device and second_factor.qr_address(device),
    }
    everywhere = admin.site.each_context(request)
    return render(request, "admin/second_factor.html", everywhere | context)
