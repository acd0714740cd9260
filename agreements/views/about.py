from django.http import Http404
from django.shortcuts import redirect, render

from agreements import markup
from agreements.models import Agreement, Count, Page, Term
from agreements.scale import scale
from dialogue_platform import languages
from dialogue_platform.passages import in_script
from dialogue_platform.views import public_page


def _counts():
    """Return the counts in use, and our own: how many agreements have a page here."""
    return {
        "counts": Count.objects.select_related("source"),
        "own_count": Agreement.objects.public().count(),
    }


# What a page shows below its text, from the database or the code.
EXTRAS = {"method": scale, "how-many": _counts}


@public_page
def about_page(request, slug):
    """One page about the platform, with the way to the others."""
    pages = list(Page.objects.all())
    page = next((each for each in pages if each.slug == slug), None)
    if page is None:
        raise Http404
    if request.path != page.get_absolute_url():
        return redirect(page, permanent=True)  # /about/about/
    body = languages.reading(page, "body")
    keys = set(markup.term_keys(body.text))
    terms = Term.objects.in_bulk(keys, field_name="key") if keys else {}
    rendering = markup.Rendering({}, terms)
    html = rendering.html(body.text, explain=not body.foreign)
    context = {
        "page": page,
        "pages": pages,
        "body": in_script(html, body),
        "explained_terms": [terms[key] for key in rendering.explained],
        **EXTRAS.get(slug, dict)(),
    }
    return render(request, "agreements/about_page.html", context)
