"""Every type of public page there is, by an example: what tests and screenshots go through."""

import pytest

PUBLIC_CODES = ("sq", "sr-latn", "sr-cyrl", "en")

# On a second database one edition is enough: no page sorts or chooses by the words of a language.
every_language = pytest.mark.parametrize(
    "code",
    [
        PUBLIC_CODES[0],
        *(pytest.param(code, marks=pytest.mark.any_database) for code in PUBLIC_CODES[1:]),
    ],
)

# Name of the type → path behind the language.
PAGE_TYPES = {
    "home": "",
    "agreements": "agreements/",
    "agreements-filtered": "agreements/?theme=movement&sort=title",
    "summary": "agreements/first-agreement/",
    "details": "agreements/first-agreement/details/",
    "full-text": "agreements/first-agreement/full-text/",
    "full-text-facing": "agreements/first-agreement/full-text/?with=sr-cyrl",
    "history": "agreements/first-agreement/history/",
    "version": "agreements/first-agreement/history/1/",
    "version-details": "agreements/first-agreement/history/1/details/",
    "version-full-text": "agreements/first-agreement/history/1/full-text/",
    "became": "agreements/first-agreement/implementation/",
    "obligation": "agreements/first-agreement/implementation/first-agreement-p10-both/",
    "implementation": "implementation/",
    "implementation-filtered": "implementation/?side=serbia&level=complete",
    "obstacles": "obstacles/",
    "obstacle": "obstacles/first-agreement-association-powers/",
    "timeline": "timeline/",
    "phases": "timeline/phases/",
    "timeline-filtered": "timeline/?kind=agreement",
    "glossary": "glossary/",
    "about": "about/",
    "method": "about/method/",
    "verification": "about/verification/",
    "neutrality": "about/neutrality/",
    "how-many": "about/how-many/",
    "accessibility": "about/accessibility/",
    "privacy": "about/privacy/",
    "data-protection": "about/data-protection/",
}

# Pages that only a changed or a withdrawn text or record has: tests/scenes.py makes them.
SCENE_PAGES = {
    "history-of-two": "agreements/licence-plates-2022/history/",
    "old-version": "agreements/licence-plates-2022/history/1/details/",
    "difference": "agreements/licence-plates-2022/history/1/2/",
    "difference-details": "agreements/licence-plates-2022/history/1/2/details/",
    "difference-full-text": "agreements/licence-plates-2022/history/1/2/full-text/",
    "translation-behind": "agreements/licence-plates-2022/full-text/",
    "withdrawn": "agreements/withdrawn-example/",
    "history-of-withdrawn": "agreements/withdrawn-example/history/",
    "withdrawn-version": "agreements/withdrawn-example/history/1/",
    "became-on-a-day": "agreements/dated-example/implementation/?on=2026-05-05",
    "summary-on-a-day": "agreements/dated-example/?on=2026-05-05",
    "implementation-on-a-day": "implementation/?on=2026-05-05",
    "corrected-obligation": "agreements/dated-example/implementation/dated-example-p1-kosovo/",
    "withdrawn-obstacle": "obstacles/dated-example-obstacle/",
}

# Pages that say no, with the status they say it with.
REFUSALS = {
    "not-found": ("agreements/no-such-agreement/", 404),
    "bad-filter": ("agreements/?theme=no-such-theme", 400),
    "no-such-day": ("implementation/?on=yesterday", 400),
    "not-public-on-that-day": ("agreements/first-agreement/?on=2020-01-01", 404),
}

# Types made of the same templates and parts as another one: a browser sees nothing new in them.
# The HTML checker, the spelling, weight and cost go through these too.
TWINS = {
    "agreements-filtered",
    "version-details",
    "version-full-text",
    "implementation-filtered",
    "timeline-filtered",
    "difference-details",
    "difference-full-text",
    "withdrawn-version",
    "history-of-withdrawn",
    "implementation-on-a-day",
    "not-public-on-that-day",
    "no-such-day",
    "data-protection",
}
