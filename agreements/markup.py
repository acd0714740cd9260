"""The light markup of texts: paragraphs, headings, lists, emphasis, links, citations, terms.

docs/content-files.md shows it. A text is stored in its normal form (`normalise`), so that the same
words always give the same bytes; `wrapped` is the form for files, `Rendering.html` that for pages.
Blocks are ours because numbered lists must not exist ("2. септембра" opens many a line); what
stands inside a line is read by markdown-it.
"""

import re
import textwrap
import unicodedata
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

FILE_WIDTH = 100  # characters of a line in a content file
WORDS_A_MINUTE = 200  # a calm reader; Brysbaert (2019) finds 238 for English prose

# Control characters (but tab and line ends) and halves of surrogate pairs.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CITATION = re.compile(r"\s*\[(@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*)\]")
_TERM = re.compile(r"term:([a-z0-9-]+)")


# ── Blocks and the normal form ───────────────────────────────────────────────────────────────


@dataclass
class Block:
    """A piece of a text: kind is "h2", "h3", "p" or "ul"; only "ul" has several lines."""

    kind: str
    lines: list[str]


def tidy(text):
    """Return one line of text in NFC, with runs of white space folded."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def blocks(text):
    """Return the Blocks of a text, however its lines are broken."""
    found, open_block = [], False
    for raw in unicodedata.normalize("NFC", text).splitlines():
        line = " ".join(raw.split())
        if not line:
            open_block = False
        elif heading := re.match(r"(###?) (.+)", line):
            found.append(Block(f"h{len(heading[1])}", [heading[2]]))
            open_block = False
        elif line.startswith("- "):
            if not (found and found[-1].kind == "ul" and open_block):
                found.append(Block("ul", []))
            found[-1].lines.append(line[2:])
            open_block = True
        elif open_block:
            found[-1].lines[-1] += f" {line}"
        else:
            found.append(Block("p", [line]))
            open_block = True
    return found


def normalise(text):
    """Return a text in its normal form: one line a paragraph or list item, blocks set apart."""
    return _joined(blocks(text), lambda line, first, later: first + line)


def wrapped(text, width=FILE_WIDTH):
    """Return a text with its lines broken for a file; `normalise` gives the same as before."""
    return _joined(blocks(text), lambda line, first, later: _fold(line, first, later, width))


def _joined(found, write):
    marks = {"h2": ("## ", ""), "h3": ("### ", ""), "p": ("", ""), "ul": ("- ", "  ")}
    return "\n\n".join(
        "\n".join(write(line, *marks[block.kind]) for line in block.lines) for block in found
    )


def _fold(line, first, later, width):
    if first.startswith("#"):
        return first + line
    # A line must not begin with what would read as the start of another block.
    line = re.sub(r" (?=(?:-|##|###) )", "\u0000", line)
    # Links and citations stay whole, so that a search in the file finds them.
    line = re.sub(r"\[[^\]]*\]", lambda link: link[0].replace(" ", "\u0000"), line)
    folded = textwrap.wrap(
        line,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(folded).replace("\u0000", " ")


# ── What a text refers to and how long it is ─────────────────────────────────────────────────


def cited_keys(text):
    """Return the keys of the sources that a text cites, in order, repetitions included."""
    return [
        key.strip().lstrip("@") for match in _CITATION.finditer(text) for key in match[1].split(";")
    ]


def term_keys(text):
    """Return the keys of the glossary terms that a text marks, in order."""
    targets = [
        token.attrGet("href")
        for line in _lines(text)
        for token in _inline_tokens(line)
        if token.type == "link_open"
    ]
    return [found[1] for target in targets if (found := _TERM.fullmatch(target))]


def plain_text(text):
    """Return a text without any markup, blocks on lines of their own."""
    # Read as the pages read it, so that an escaped star is a star.
    read = ("".join(token.content for token in _inline_tokens(line)) for line in _lines(text))
    bare = (tidy(_CITATION.sub("", line)) for line in read)
    return "\n".join(line for line in bare if line)


def _lines(text):
    return [line for block in blocks(text) for line in block.lines]


def _inline_tokens(line):
    return _INLINE.parseInline(line)[0].children


def word_count(text):
    return len(plain_text(text).split())


def reading_minutes(*texts):
    """Return how many minutes a calm reader needs, at least one."""
    return max(1, round(sum(map(word_count, texts)) / WORDS_A_MINUTE))


# ── Pages ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Rendering:
    """The texts of one page turned into HTML, sharing citations and explained words.

    `sources` and `terms` are what may be cited and explained, by key. Afterwards `cited` holds the
    keys of the cited sources in the order of their numbers, `explained` the keys of the terms
    marked, each at its first use on the page.
    """

    sources: dict
    terms: dict
    cited: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)

    def html(self, text, *, top=2, explain=True, wrap=None):
        """Return a text as safe HTML; its `##` become headings of level `top`.

        `wrap` is a function of (number of the block, its HTML) that returns HTML to stand there.
        """
        if not text:
            return ""
        found = [self._block(block, top - 2, explain) for block in blocks(text)]
        if wrap is not None:
            found = [wrap(at, html) for at, html in enumerate(found)]
        return mark_safe("\n".join(found))  # noqa: S308 - every piece is escaped

    def number(self, key):
        """Return the number under which the page cites a source."""
        if key not in self.cited:
            self.cited.append(key)
        return self.cited.index(key) + 1

    def _block(self, block, shift, explain):
        if block.kind == "ul":
            items = "".join(f"<li>{self._inline(line, explain)}</li>" for line in block.lines)
            return f"<ul>{items}</ul>"
        tag = block.kind if block.kind == "p" else f"h{int(block.kind[1]) + shift}"
        return f"<{tag}>{self._inline(block.lines[0], explain)}</{tag}>"

    def _inline(self, line, explain):
        html = _INLINE.renderInline(line, {"rendering": self, "explain": explain, "open": []})
        return _CITATION.sub(self._citation, html)

    def _citation(self, match):
        keys = [key.strip().lstrip("@") for key in match[1].split(";")]
        links = [self._citation_link(key) for key in keys if key in self.sources]
        return f'<sup class="cite">{", ".join(links)}</sup>' if links else ""

    def _citation_link(self, key):
        number = self.number(key)
        label = escape(_("Source %(number)s") % {"number": number})
        return f'<a href="#source-{key}" role="doc-noteref" aria-label="{label}">{number}</a>'

    def _may_explain(self, key):
        return key in self.terms and key not in self.explained


def _open_link(tokens, index, options, env):
    target = tokens[index].attrGet("href")
    if not target.startswith("term:"):
        env["open"].append("</a>")
        return f'<a href="{conditional_escape(target)}">'
    key, rendering = target.removeprefix("term:"), env["rendering"]
    if not env["explain"] or not rendering._may_explain(key):
        env["open"].append("")
        return ""
    rendering.explained.append(key)
    env["open"].append("</a>")
    return f'<a class="term" id="use-{key}" href="#term-{key}" role="doc-glossref">'


def _close_link(tokens, index, options, env):
    return env["open"].pop()


_INLINE = MarkdownIt("zero").enable(["emphasis", "link", "escape"])
_INLINE.add_render_rule("link_open", lambda self, *args: _open_link(*args))
_INLINE.add_render_rule("link_close", lambda self, *args: _close_link(*args))
