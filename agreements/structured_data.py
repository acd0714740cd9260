"""Structured data (JSON-LD, schema.org) that search engines read from a page."""

import json

from django.utils.safestring import mark_safe

from agreements.models.version import Precision
from dialogue_platform import languages
from dialogue_platform.passages import bare_text

# Inside a script element these three could end it; JSON has another way to write them.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


# How many signs of an ISO date are known.
_SIGNS = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}


def article(request, version, page):
    """Return the JSON-LD of an agreement's page, safe inside a script element."""
    title = bare_text(languages.reading(version, "title"))
    date = version.date_agreed.isoformat()[: _SIGNS[version.date_precision]]
    return _script_safe(
        {
            "@context": "https://schema.org",
            "@type": "Article",
            "headline": title,
            "description": page.description,
            "inLanguage": languages.current().tag,
            "url": request.build_absolute_uri(request.path),
            "version": version.number,
            "about": {
                "@type": "Legislation",
                "name": title,
                "legislationDate": date,
            },
            "publisher": {"@type": "Organization", "name": "Balkans Policy Research Group"},
        }
    )


def _script_safe(value):
    return mark_safe(  # noqa: S308 - the characters that matter are escaped
        json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    )
