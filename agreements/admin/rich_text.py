"""The visual editor of long texts: a textarea of light markup that scripts make comfortable.

A page that shows such fields also includes `admin/agreements/_rich_text_choices.html`, once.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Script
from django.utils.translation import gettext_lazy as _

from agreements import markup
from agreements.rich_text import html_for_editor, markup_from_html


class RichTextWidget(forms.Textarea):
    """A textarea of light markup; what a visual editor sends instead becomes light markup here.

    `kind` says what may stand in the text: "block" everything, "lists" no headings, "inline"
    neither headings nor lists. `cites` and `explains` say whether sources and glossary words are
    offered, `lang` is the language of the text, `words` how many of them are allowed.

    Beside the field stands a hidden one, `{name}-form`: "markup", or "html" once the visual
    editor has changed something. An untouched text is therefore sent back as it came.
    """

    template_name = "admin/agreements/rich_text.html"

    class Media:
        css = {"all": ["css/rich_text.css"]}
        js = [
            Script("js/rich_text.js", type="module"),
            Script("js/counts.js", type="module"),
        ]

    def __init__(self, attrs=None, *, kind="block", lang="", words=None, cites=True, explains=True):
        super().__init__({"rows": 8} | (attrs or {}))
        self.kind, self.lang, self.words = kind, lang, words
        self.cites, self.explains = cites, explains

    def render(self, name, value, attrs=None, renderer=None):
        # Our templates are the project's, which Django's renderer of forms does not look into.
        return super().render(name, value, attrs, TemplatesSetting())

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        text = context["widget"]["value"] or ""
        without = [
            tool for tool, there in (("source", self.cites), ("term", self.explains)) if not there
        ]
        context["widget"]["attrs"] |= {
            "autocomplete": "off",  # a browser must not restore a text without its form
            "data-rich": self.kind,
            "data-html": html_for_editor(text),
        }
        if self.lang:
            context["widget"]["attrs"].setdefault("lang", self.lang)
        if without:
            context["widget"]["attrs"]["data-without"] = " ".join(without)
        context["widget"] |= {"words": markup.word_count(text), "words_allowed": self.words}
        return context

    def value_from_datadict(self, data, files, name):
        value = super().value_from_datadict(data, files, name)
        if value and data.get(f"{name}-form") == "html":
            return markup_from_html(
                value, headings=self.kind == "block", lists=self.kind != "inline"
            )
        return value


class RichTextField(forms.CharField):
    """A long text; its clean value is light markup in the normal form.

    Raise ValidationError where a heading or a list stands that the widget's `kind` does not allow.
    Take the widget's options as a widget: `RichTextField(widget=RichTextWidget(kind="lists"))`.
    """

    widget = RichTextWidget
    default_error_messages = {
        "headings": _("Headings cannot stand in this text."),
        "lists": _("Lists cannot stand in this text."),
    }

    def to_python(self, value):
        value = super().to_python(value)
        return markup.normalise(value) if value else value

    def validate(self, value):
        super().validate(value)
        kinds = {block.kind for block in markup.blocks(value or "")}
        kind = getattr(self.widget, "kind", "block")
        if kind != "block" and kinds & {"h2", "h3"}:
            raise ValidationError(self.error_messages["headings"], code="headings")
        if kind == "inline" and "ul" in kinds:
            raise ValidationError(self.error_messages["lists"], code="lists")
