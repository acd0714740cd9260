from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agreements.content import files
from agreements.content.database import records


class Command(BaseCommand):
    help = "Write what is public in the database back into content files."

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", default=settings.BASE_DIR / "content")

    def handle(self, *args, folder, **options):
        found, folder = records(), Path(folder)
        if empty := [kind for kind, entries in found.items() if not entries]:
            raise CommandError(f"The database holds no {', '.join(empty)}. Nothing was written.")
        texts = {
            folder / "themes.yaml": files.write_collection("themes", found["theme"]),
            folder / "sources.yaml": files.write_collection("sources", found["source"]),
            folder / "glossary.yaml": files.write_collection("glossary", found["term"]),
        }
        for kind, name in (("page", "pages"), ("agreement", "agreements")):
            for key, record in found[kind].items():
                texts[folder / name / f"{key}.yaml"] = files.write_single(key, record)
        changed = [path for path, text in texts.items() if _write(path, text)]
        for path in changed:
            self.stdout.write(str(path))
        self.stdout.write(
            self.style.SUCCESS(
                f"Wrote {len(changed)} of {len(texts)} files; the rest were the same."
            )
        )


def _write(path, text):
    """Write a file where it differs; return whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
