"""Serbian as an editor sees and types it: in their script on the page, in Cyrillic in the store.

What an editor did not touch keeps its stored spelling, whatever the converter would make of it;
what they typed in Latin is converted once.
"""

import re
from difflib import SequenceMatcher

from dialogue_platform.scripts import has_cyrillic, to_cyrillic, to_latin

# Keys and addresses of the light markup, which are no Serbian: [@b92-2011], ](term:epop).
_TARGETS = re.compile(r"(\]\([^)\s]*\)|\[@[^\]]*\])")
_TOKENS = re.compile(r"\[@[^\]]*\]|\]\([^)\s]*\)|\s+|\w+|.", re.DOTALL)


def in_script(text, cyrillic):
    """Return stored Serbian as an editor of one script sees it."""
    return text if cyrillic else to_latin(text)


def to_store(text):
    """Return Serbian in Cyrillic; a text with any Cyrillic is taken as it is."""
    return text if has_cyrillic(text) else outside_targets(text)


def outside_targets(text):
    """Convert a text to Cyrillic but not the keys and addresses of its markup."""
    parts = _TARGETS.split(text)
    return "".join(part if at % 2 else to_cyrillic(part) for at, part in enumerate(parts))


def back_to_store(stored, typed, cyrillic):
    """Return what an editor typed as it is to be stored, given what was stored before.

    `typed` is in the editor's script. Someone who works in Latin saw `to_latin(stored)`: the words
    that are still the same get their stored spelling back, the others are converted.

    >>> back_to_store("Тан-југ и EULEX, конјугација", "Tan-jug i EULEX, nova konjugacija", False)
    'Тан-југ и EULEX, нова конјугација'
    """
    if cyrillic:
        return to_store(typed)
    # Lines first: comparing a long text word by word takes seconds.
    return _merged(
        stored.splitlines(keepends=True),
        typed.splitlines(keepends=True),
        lambda before, after: _merged(
            _TOKENS.findall("".join(before)),
            _TOKENS.findall("".join(after)),
            lambda _gone, new: outside_targets("".join(new)),
        ),
    )


def _merged(stored, typed, convert):
    """Return the typed parts as one text: those that were stored as they were stored.

    `convert` gives the rest, from the stored parts that are gone and the new ones.
    """
    seen = [to_latin(part) for part in stored]
    out = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, seen, typed, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            out += stored[old_from:old_to]
        else:
            out.append(convert(stored[old_from:old_to], typed[new_from:new_to]))
    return "".join(out)
