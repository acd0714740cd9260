"""What happens to every request and answer: the reader's language, clear refusals, Latin pages."""

from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from dialogue_platform import languages
from dialogue_platform.scripts import html_to_latin
from dialogue_platform.views import refusal

LONGEST_QUERY = 2048  # characters; the longest honest address here has about 120


class ReaderLanguageMiddleware(LocaleMiddleware):
    """Django's, with one more courtesy: Serbian's neighbours are offered Serbian, not Albanian.

    The address decides; where it names no language, the browser's wish does. No cookie is read,
    so that a page is the same for everybody.
    """

    def process_request(self, request):
        wish = request.META.get("HTTP_ACCEPT_LANGUAGE")
        if wish:
            request.META["HTTP_ACCEPT_LANGUAGE"] = languages.accept_language_with_neighbours(wish)
        request.COOKIES.pop("django_language", None)
        super().process_request(request)
        # Of /EN/, which will be redirected, Django finds no catalogue.
        request.LANGUAGE_CODE = request.LANGUAGE_CODE.lower()
        translation.activate(request.LANGUAGE_CODE)

    def process_response(self, request, response):
        response = super().process_response(request, response)
        if "Cookie" in response.get("Vary", "") and not request.COOKIES:
            response["Vary"] = "Accept-Language"  # Django's redirect names a cookie nobody reads
        return response


class PlainRefusalMiddleware:
    """Answer bad requests with a page in the reader's language, before any view sees them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return refusal(request, 414)
        if "\x00" in request.path or any(
            "\x00" in text for pair in request.GET.lists() for text in (pair[0], *pair[1])
        ):
            return refusal(request, 400)
        if request.method not in ("GET", "HEAD", "OPTIONS") and not request.path.endswith("/"):
            return refusal(request, 404)  # nothing here takes what is sent to such an address
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            explained = refusal(request, 405)
            explained["Allow"] = response["Allow"]
            return explained
        if response.status_code == 404 and not hasattr(response, "is_refusal"):
            return refusal(request, 404)  # in development too: not Django's technical page
        return response


class SerbianLatinMiddleware:
    """Write pages in `sr-latn` in Latin script; texts and catalogues hand them up in Cyrillic."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if (
            getattr(request, "LANGUAGE_CODE", None) == "sr-latn"
            and isinstance(response, HttpResponse)
            and response.get("Content-Type", "").startswith("text/html")
        ):
            response.content = html_to_latin(response.content.decode(response.charset))
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response
