from itertools import groupby

from django.db.models import Prefetch
from django.shortcuts import render

from agreements.models import Agreement, Term
from dialogue_platform import languages
from dialogue_platform.scripts import folded, sort_key
from dialogue_platform.views import public_page


@public_page
def glossary(request):
    """Every term, in the alphabet of the reader's language."""
    public = Agreement.objects.for_list()
    terms = sorted(Term.objects.prefetch_related(Prefetch("agreements", public)), key=_alphabetical)
    letters = [(letter, list(rows)) for letter, rows in groupby(terms, key=_initial)]
    return render(request, "agreements/glossary.html", {"letters": letters})


def _shown(term):
    """Return the term as it is looked up: without the quotation mark it may begin with."""
    return languages.reading(term, "term").text.lstrip("„“”\"' ")


def _is_cyrillic():
    return languages.current().tag == "sr-Cyrl"


def _alphabetical(term):
    return sort_key(_shown(term), cyrillic=_is_cyrillic())


def _initial(term):
    """Return the letter under which the page lists a term."""
    text = _shown(term)
    return (text if _is_cyrillic() else folded(text))[:1].upper()
