"""The language of the admin: what a person chose, else what their browser asks for."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from agreements import serbian
from agreements.models import Colleague
from dialogue_platform.languages import BY_CODE, current
from dialogue_platform.scripts import html_to_latin


class ColleagueLanguageMiddleware:
    """Speak the language that a signed-in person chose, on the pages of the admin."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith(reverse("admin:index")) and request.user.is_authenticated:
            colleague = Colleague.objects.filter(user=request.user).first()
            request.colleague = colleague
            if colleague and colleague.language:
                translation.activate(colleague.language)
                request.LANGUAGE_CODE = colleague.language
        return self.get_response(request)


@require_POST
def choose_language(request):
    """Remember the language a person works in, and go back to where they were."""
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        Colleague.objects.update_or_create(user=request.user, defaults={"language": code})
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("admin:index")
    return HttpResponseRedirect(back)


def works_in_cyrillic():
    """Tell in which script the person before the page sees and types Serbian."""
    return current().tag == "sr-Cyrl"


def as_seen(text, stored):
    """Return a stored text as the person before the page sees and types it."""
    return serbian.in_script(text, works_in_cyrillic()) if stored == "sr" else text


def html_as_seen(html, stored):
    """Return safe HTML made from a stored text as the person before the page sees it."""
    if stored == "sr" and not works_in_cyrillic():
        html = html_to_latin(html)
    return mark_safe(html)  # noqa: S308 - only letters change


def shown_language(stored):
    """Return the PublicLanguage in which an editor sees a stored language."""
    if stored == "sr":
        return BY_CODE["sr-cyrl" if works_in_cyrillic() else "sr-latn"]
    return BY_CODE[stored]
