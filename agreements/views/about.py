from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from agreements import markup
from agreements.models import Page, Term
from agreements.reading import in_script
from dialogue_platform import languages


@require_safe
def about_page(request, slug):
    """One page about the platform, with the way to the others."""
    if slug == "about" and not request.path.endswith("/about/"):
        return redirect("about", permanent=True)
    pages = list(Page.objects.all())
    page = next((each for each in pages if each.slug == slug), None) or get_object_or_404(
        Page, slug=slug
    )
    body = languages.reading(page, "body")
    keys = set(markup.term_keys(body.text))
    terms = Term.objects.in_bulk(keys, field_name="key") if keys else {}
    rendering = markup.Rendering({}, terms)
    html = rendering.html(body.text, explain=not body.foreign)
    context = {
        "page": page,
        "pages": pages,
        "body": in_script(html, body, languages.current()),
        "explained_terms": [terms[key] for key in rendering.explained],
    }
    return render(request, "agreements/about_page.html", context)
