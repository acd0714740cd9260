from django.http import Http404, HttpResponse

from agreements import originals
from agreements.models import Original
from dialogue_platform.views import public_page


@public_page
def original(request, sha256, name):
    """A file of an agreement that was ever public, as a download that no browser runs."""
    rows = Original.objects.select_related("version__agreement")
    public = rows.filter(sha256=sha256, version__publications__isnull=False)
    # The same bytes may stand under several names: two agreements, a corrected language.
    row = next((each for each in public if each.file_name == name), None)
    if row is None:
        raise Http404
    return download(row)


def download(row):
    """Return the bytes of an Original with headers under which nothing in them can act."""
    try:
        content = originals.read(row.sha256)
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=row.media_type)
    response["Content-Disposition"] = f'attachment; filename="{row.file_name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
