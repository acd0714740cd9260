import json
import sys
import textwrap

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from agreements import publishing
from agreements.importing import UnreadableDocument, sandbox
from agreements.models import Agreement

BASES = ("official", "official-translation")
LANGUAGES = ("sq", "sr", "en")


class Command(BaseCommand):
    help = "Find the numbered points of an official text (.docx, .html, .txt, .pdf)."
    requires_system_checks = []  # reading a file needs neither the database nor the site

    def add_arguments(self, parser):
        # Optional for the parser only: with --json, that it is missing is said in JSON too.
        parser.add_argument("file", metavar="FILE", nargs="?")
        parser.add_argument("--dry-run", action="store_true", help="read and print, change nothing")
        parser.add_argument("--json", action="store_true", help="print what was found as JSON")
        parser.add_argument("--draft", metavar="SLUG", help="the agreement whose draft is filled")
        parser.add_argument("--language", choices=LANGUAGES, help="the language of the text")
        parser.add_argument("--basis", choices=BASES, help="what the text is")
        parser.add_argument("--by", metavar="USERNAME", help="whose work this is")

    def handle(self, *args, **options):
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        with translation.override("en"):
            try:
                self._import(**options)
            except (UnreadableDocument, CommandError) as problem:
                self._refuse(problem, as_json=options["json"])

    def _refuse(self, problem, *, as_json):
        """Say why nothing was done and end with exit code 1."""
        if not as_json:
            raise CommandError(f"{problem}\nNothing was changed.") from problem
        self._print_json({"error": str(problem), "reason": getattr(problem, "reason", "usage")})
        sys.exit(1)

    def _import(self, *, file, dry_run, draft, language, basis, by, **options):
        if not file:
            raise CommandError("Name the file to read.")
        if not dry_run and not (draft and language and basis and by):
            raise CommandError("Give --dry-run, or all of --draft, --language, --basis and --by.")
        found = sandbox.read_file(file)
        if language and language != found.language:
            raise CommandError(f"The text is in {found.language}, not in {language}.")
        filled = "" if dry_run else _fill(found, draft, language=language, basis=basis, by=by)
        if options["json"]:
            self._print_json(
                {
                    "language": found.language,
                    "script": found.script,
                    "title": found.title,
                    "provisions": [vars(provision) for provision in found.provisions],
                }
            )
            return
        self._print(found)
        if dry_run:
            self.stdout.write(f"Found {len(found.provisions)} points, changed nothing.")
        else:
            self.stdout.write(self.style.SUCCESS(filled))

    def _print_json(self, said):
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))

    def _print(self, found):
        self.stdout.write(f"{found.title or '(no title)'} [{found.language}, {found.script}]\n\n")
        for provision in found.provisions:
            margin = "  " * (1 + (provision.parent or "").count("."))
            margin = margin if provision.parent else ""
            self.stdout.write(f"{margin}{provision.path}  {provision.heading}".rstrip())
            for line in provision.text.splitlines():
                if line:
                    folded = textwrap.fill(line, 96 - len(margin))
                    self.stdout.write(textwrap.indent(folded, f"{margin}    "))
        for line in found.left_out:
            self.stdout.write(self.style.WARNING(f"Left out: {textwrap.shorten(line, 80)}"))


def _fill(found, slug, *, language, basis, by):
    """Write what was found into the draft of an agreement; return a sentence that says so."""
    from agreements import drafting
    from agreements.importing import into_draft

    agreement = Agreement.objects.filter(slug=slug).first()
    if agreement is None:
        raise CommandError(f"There is no agreement “{slug}”.")
    users = get_user_model()
    user = users.objects.filter(**{users.USERNAME_FIELD: by}).first()
    if user is None:
        raise CommandError(f"There is no user “{by}”.")
    draft = agreement.versions.drafts().first() or agreement
    try:
        done = into_draft.fill(found, draft, language=language, basis=basis, by=user)
    except (publishing.PublishingError, drafting.EditConflict) as problem:
        raise CommandError(str(problem) or "Somebody else changed the same texts.") from problem
    return f"Filled {done.filled} points of {slug}, {done.added} of them new."
