from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dialogue_platform.scripts import to_latin

WRITTEN, TWIN = "sr_Cyrl", "sr_Latn"


class Command(BaseCommand):
    help = "Write the Latin twin of the Serbian catalogue and compile every catalogue."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--check", action="store_true", help="say whether the twin is true; change nothing"
        )

    def handle(self, *args, check, **options):
        locale = Path(settings.LOCALE_PATHS[0])
        twin = locale / TWIN / "LC_MESSAGES" / "django.po"
        text = latin_twin((locale / WRITTEN / "LC_MESSAGES" / "django.po").read_text("utf-8"))
        same = twin.exists() and twin.read_text("utf-8") == text
        if check:
            if not same:
                raise CommandError(
                    f"{twin} is not the twin of {WRITTEN}: run manage.py catalogues."
                )
            self.stdout.write(self.style.SUCCESS("The two Serbian catalogues are twins."))
            return
        if not same:
            twin.parent.mkdir(parents=True, exist_ok=True)
            twin.write_text(text, "utf-8")
        catalogues = sorted(locale.glob("*/LC_MESSAGES/*.po"))
        for path in catalogues:
            # polib, not msgfmt, so that a first start needs no gettext programs.
            polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
        self.stdout.write(self.style.SUCCESS(f"Compiled {len(catalogues)} catalogues."))


def latin_twin(text):
    """Return a Serbian Cyrillic catalogue in Latin script, its message ids untouched."""
    lines, in_translation = [], False
    for line in text.splitlines():
        if line.startswith("msg"):
            in_translation = line.startswith("msgstr")
        lines.append(to_latin(line) if in_translation else line)
    return "\n".join(lines).replace(f"Language: {WRITTEN}", f"Language: {TWIN}") + "\n"
