"""Fingerprints of a version: what a verdict is bound to, and how the same text is recognised.

The input is built from the suffixed columns by name, never from the plain attribute (which speaks
the active language), in Unicode NFC with LF line ends and folded spaces; a scheme number stands in
front, so that a better scheme can one day live beside this one. Who prepared a version, its number
and its note on the change are not part of its text.
"""

import hashlib
import json
from dataclasses import dataclass

from dialogue_platform.languages import STORED, stored_text

from . import markup

SCHEME = "1"
# The trilingual fields; translation.py and the content files take them from here, so that no
# field can be shown that is not hashed.
VERSION_FIELDS = (
    "title",
    "short_title",
    "also_known_as",
    "place",
    "form_note",
    "summary",
    "details",
    "means_for_citizens",
)
PROVISION_FIELDS = ("heading", "text", "text_basis", "plain")
PARTY_FIELDS = ("name", "role")


@dataclass(frozen=True)
class Fingerprints:
    """Of everything; of the facts and the source language (`substance`); of each language."""

    content: str
    substance: str
    languages: dict[str, str]


def fingerprints(version):
    """Return the Fingerprints of a version as it stands in the database: four queries."""
    provision_texts = list(version.provision_texts.select_related("provision").order_by("position"))
    parties = list(version.parties.order_by("position"))
    sources = version.version_sources.select_related("source").order_by("position")
    facts = {
        "source_language": version.source_language,
        "date_agreed": version.date_agreed.isoformat(),
        "date_precision": version.date_precision,
        "track": version.track,
        "form_of_act": version.form_of_act,
        "known_as_of": version.known_as_of.isoformat(),
        "provisions": [[text.provision.key, text.number] for text in provision_texts],
        "parties": [party.side for party in parties],
        "sources": [[cited.source.key, cited.is_full_text] for cited in sources],
    }
    originals = version.originals.select_related("source").order_by("position")
    if attached := [[file.sha256, file.language, file.authority] for file in originals]:
        facts["originals"] = attached  # named only where there are any: older hashes stay
    words = {
        language: {
            "version": _texts(version, VERSION_FIELDS, language),
            "provisions": [_texts(text, PROVISION_FIELDS, language) for text in provision_texts],
            "parties": [_texts(party, PARTY_FIELDS, language) for party in parties],
        }
        for language in STORED
    }
    return Fingerprints(
        content=_digest({"facts": facts, "words": words}),
        substance=_digest({"facts": facts, "words": words[version.source_language]}),
        languages={language: _digest(words[language]) for language in STORED},
    )


def _texts(row, fields, language):
    return {field: _text(field, stored_text(row, field, language)) for field in fields}


def _text(field, text):
    """Return a text in the form that is hashed; a list of names stays a list."""
    if field == "also_known_as":
        return [markup.tidy(line) for line in text.splitlines()]
    return markup.normalise(text)


def _digest(value):
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{SCHEME}:{hashlib.sha256(canonical.encode()).hexdigest()}"
