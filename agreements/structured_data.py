"""Structured data (JSON-LD, schema.org) that search engines read from a page."""

import json

from django.utils.safestring import mark_safe

from dialogue_platform import languages

# Inside a script element these three could end it; JSON has another way to write them.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def article(request, version, page):
    """Return the JSON-LD of an agreement's page, safe inside a script element."""
    return _script_safe(
        {
            "@context": "https://schema.org",
            "@type": "Article",
            "headline": languages.reading(version, "title").text,
            "description": page.description,
            "inLanguage": languages.current().tag,
            "url": request.build_absolute_uri(request.path),
            "version": version.number,
            "about": {
                "@type": "Legislation",
                "name": languages.reading(version, "title").text,
                "legislationDate": version.date_agreed.isoformat(),
            },
            "publisher": {"@type": "Organization", "name": "Balkans Policy Research Group"},
        }
    )


def _script_safe(value):
    return mark_safe(  # noqa: S308 - the characters that matter are escaped
        json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    )
