from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agreements.content import files, record_files
from agreements.content.database import records


class Command(BaseCommand):
    help = "Write what is public in the database back into content files."

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", default=settings.BASE_DIR / "content")

    def handle(self, *args, folder, **options):
        found, folder = records(), Path(folder)
        needed = ("theme", "source", "term", "page", "agreement")
        if empty := [kind for kind in needed if not found[kind]]:
            raise CommandError(f"The database holds no {', '.join(empty)}. Nothing was written.")
        texts = {
            folder / "themes.yaml": files.write_collection("themes", found["theme"]),
            folder / "sources.yaml": files.write_collection("sources", found["source"]),
            folder / "glossary.yaml": files.write_collection("glossary", found["term"]),
        }
        for kind, name in (("page", "pages"), ("agreement", "agreements")):
            for key, record in found[kind].items():
                texts[folder / name / f"{key}.yaml"] = files.write_single(key, record)
        for slug in found["agreement"]:
            of_agreement = _records_of(slug, found)
            if any(of_agreement.values()):
                path = folder / "records" / f"{slug}.yaml"
                texts[path] = record_files.write_records(slug, of_agreement)
        for name, (kind, _read) in record_files.COLLECTIONS.items():
            if found[kind]:
                path = folder / f"{name}.yaml"
                texts[path] = record_files.write_collection(name, found[kind])
        changed = [path for path, text in texts.items() if _write(path, text)]
        for path in changed:
            self.stdout.write(str(path))
        self.stdout.write(
            self.style.SUCCESS(
                f"Wrote {len(changed)} of {len(texts)} files; the rest were the same."
            )
        )


def _records_of(slug, found):
    """Return {kind: {key: record}} of what became of one agreement."""
    own = {
        kind: {key: record for key, record in found[kind].items() if record["agreement"] == slug}
        for kind in ("obligation", "obstacle", "position", "reply")
    }
    assessments = {
        key: record
        for key, record in found["assessment"].items()
        if record["obligation"] in own["obligation"]
    }
    return own | {"assessment": assessments}


def _write(path, text):
    """Write a file where it differs; return whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
