"""Spelling: every word a reader meets is in a dictionary or in a list that a person has confirmed.

The pages themselves are checked, so that interface strings and content are; passages marked with
another language are left out. The lists are content/words/sq.txt, sr.txt and en.txt.
"""

import os
import re
import subprocess

import pytest
from lxml import html as lxml_html

from tests.conftest import ROOT
from tests.page_types import PAGE_TYPES, REFUSALS, SCENE_PAGES
from tests.test_pages import visible_text

pytestmark = [pytest.mark.django_db, pytest.mark.tool]

DICTIONARIES = {"sq": ("sq_AL", "sq"), "sr-cyrl": ("sr_RS", "sr"), "en": ("en_GB", "en")}
SLUGS = [
    "cadastral-records",
    "customs-stamps",
    "first-agreement",
    "freedom-of-movement",
    "licence-plates-2022",
    "path-to-normalisation",
]
LAYERS = ["", "details/", "full-text/", "implementation/", "history/"]


def unknown_words(program, dictionary, text):
    done = subprocess.run(
        [program("hunspell"), "-d", dictionary, "-i", "utf-8", "-l"],
        input="\n".join(text.split()).encode(),  # it cuts words where lines grow long
        capture_output=True,
        check=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},  # under plain C it cuts words at č, š, ž
    )
    return {word.rstrip(".") for word in done.stdout.decode().split()}


@pytest.mark.parametrize("code", DICTIONARIES)
def test_every_word_on_the_pages_is_known(client, program, scenes, code):
    dictionary, name = DICTIONARIES[code]
    paths = [path for path in PAGE_TYPES.values() if "with=" not in path]
    paths += [*SCENE_PAGES.values(), *(path for path, _status in REFUSALS.values())]
    paths += [f"agreements/{slug}/{layer}" for slug in SLUGS for layer in LAYERS]
    text = []
    for path in paths:
        tree = lxml_html.document_fromstring(client.get(f"/{code}/{path}").content.decode())
        text.append(visible_text(tree, foreign=False))
    said = re.sub(r"\b[\w.-]+\.(rs|com|org|net|info|al|me|gr|eu)\b", "", " ".join(text))
    confirmed = set((ROOT / "content" / "words" / f"{name}.txt").read_text("utf-8").split())
    unknown = unknown_words(program, dictionary, said) - confirmed
    assert not unknown, " ".join(sorted(unknown))


@pytest.mark.parametrize("name", ["sq", "sr", "en"])
def test_the_list_of_confirmed_words_is_sorted_and_without_repetition(name):
    words = (ROOT / "content" / "words" / f"{name}.txt").read_text("utf-8").splitlines()
    assert words == sorted(set(words))
