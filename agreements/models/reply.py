import unicodedata

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialogue_platform.languages import NAMES, STORED
from dialogue_platform.scripts import has_cyrillic

from .agreement import Agreement
from .closed_lists import only
from .record import Record
from .source import Side

# Characters: about 180 words, and a page with two such letters still opens at once.
LONGEST_LETTER = 1200
LONGEST_TRANSLATION = 1600


def _empty(field, language):
    """Return the condition that a language has no text of a field."""
    column = f"{field}_{language}"
    return Q(**{f"{column}__isnull": True}) | Q(**{column: ""})


def _all_empty(field):
    condition = Q()
    for language in STORED:
        condition &= _empty(field, language)
    return condition


class Reply(Record):
    """What one institution was asked about an agreement's page, and what it answered.

    The letter itself is the source: no other has to be named.
    """

    Side = Side

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="replies", verbose_name=_("agreement")
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    institution = models.CharField(_("institution"), max_length=160)
    # NULL: the reply came unasked.
    asked_on = models.DateField(
        _("asked on"), null=True, blank=True, help_text=_("Empty if the reply came unasked.")
    )
    question = models.TextField(
        _("what we asked"), max_length=400, blank=True, help_text=_("At most 400 characters.")
    )
    # NULL: no answer so far.
    replied_on = models.DateField(
        _("answered on"), null=True, blank=True, help_text=_("Empty as long as there is no answer.")
    )
    original_language = models.CharField(
        _("language of the reply"), max_length=5, choices=NAMES, blank=True
    )
    original = models.TextField(
        pgettext_lazy("of an institution", "reply"),
        max_length=LONGEST_LETTER,
        blank=True,
        help_text=_(
            "Exactly as it was received: readers see it unedited. At most 1200 characters; say so"
            " when you ask."
        ),
    )
    translation = models.TextField(
        _("our translation"),
        max_length=LONGEST_TRANSLATION,
        blank=True,
        help_text=_("Of the whole reply, into every language but its own."),
    )

    class Meta(Record.Meta):
        ordering = ["key", "edition"]
        verbose_name = pgettext_lazy("of an institution", "reply")
        verbose_name_plural = _("replies of institutions")
        constraints = [
            *Record.Meta.constraints,
            only("side", Side),
            models.CheckConstraint(
                condition=Q(original_language__in=[*NAMES, ""]),
                name="%(class)s_original_language_is_known",
            ),
            models.CheckConstraint(
                condition=Q(asked_on__isnull=False) | Q(replied_on__isnull=False),
                name="reply_was_asked_for_or_came",
                violation_error_message=_("Say when it was asked for, or when it came."),
            ),
            models.CheckConstraint(
                condition=Q(replied_on__isnull=True, original_language="", original="")
                | Q(replied_on__isnull=False, original_language__gt="", original__gt=""),
                name="reply_is_whole",
                violation_error_message=_("A reply has its text, its language and its date."),
            ),
            models.CheckConstraint(
                condition=Q(asked_on__isnull=True)
                | Q(replied_on__isnull=True)
                | Q(replied_on__gte=F("asked_on")),
                name="reply_follows_its_question",
                violation_error_message=_("It cannot be answered before it was asked."),
            ),
            models.CheckConstraint(
                condition=Q(asked_on__isnull=False) | _all_empty("question"),
                name="reply_question_has_its_day",
                violation_error_message=_("Say when this was asked."),
            ),
            models.CheckConstraint(
                condition=Q(replied_on__isnull=False) | _all_empty("translation"),
                name="reply_translation_has_its_original",
                violation_error_message=_("There is no reply to translate."),
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(original_language=language) | _empty("translation", language),
                    name=f"reply_in_{language}_stays_as_it_is",
                    violation_error_message=_("This is the language of the reply itself."),
                )
                for language in STORED
            ),
        ]

    @property
    def is_answered(self):
        return self.replied_on is not None

    @property
    def date(self):
        """The first day this row knows of: of the question, else of the reply."""
        return self.asked_on or self.replied_on

    @property
    def translated_into(self):
        """The stored languages that a translation is due in: all but that of the reply."""
        return [each for each in STORED if self.is_answered and each != self.original_language]

    @property
    def original_tag(self):
        """The original's language tag: Serbian with the script in which it was written."""
        if self.original_language != "sr":
            return self.original_language
        letters = [letter for letter in self.original if letter.isalpha()]
        cyrillic = sum(map(has_cyrillic, letters))
        return "sr-Cyrl" if cyrillic * 2 > len(letters) else "sr-Latn"


def with_plain_line_ends(text):
    """Return a text as it was received, but for the line ends that a browser adds; '' if blank."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.strip() else ""


def lines_of_translation(text):
    """Return a text with its lines as they are, in NFC, without white space around them."""
    lines = unicodedata.normalize("NFC", text).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip()
