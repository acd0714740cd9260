"""`make test`: every check and every test, on every database there is.

SQLite always; PostgreSQL where its server programs or a DATABASE_URL are there; the browser, the Nu
HTML checker and the spelling where their programs are. What is skipped is said at the end; with
REQUIRE_ALL=1 a skip is a failure.
"""

import os
import shutil
import subprocess
import sys
import time

from tests.postgres import postgres, server_programs

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def main():
    failed, skipped = [], []

    def step(name, *command, **environment):
        print(f"\n── {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, env=os.environ | environment, check=False).returncode
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
        if code:
            failed.append(name)

    python, database = sys.executable, os.environ.pop("DATABASE_URL", "")
    manage = (python, "manage.py")
    step("Style", python, "-m", "ruff", "check", "--quiet", ".")
    step("Format", python, "-m", "ruff", "format", "--check", "--quiet", ".")
    step("Serbian twins", *manage, "catalogues", "--check")
    step("Catalogues", *manage, "catalogues")
    step("Migrations", *manage, "makemigrations", "--check", "--dry-run", "--verbosity", "0")
    step("Content", *manage, "load_content", "--check")
    install_html_checker()
    # In order (not stolen from one another): tests of transactions empty the tables, so are last.
    pytest = (python, "-m", "pytest", "-q", "-n", "2", *sys.argv[1:])
    step("Tests on SQLite, in the browser and with the other programs", *pytest)

    only_database = (*pytest, "-m", "not browser and not tool", "--only-database")
    if database:
        step("Tests on the PostgreSQL of DATABASE_URL", *only_database, DATABASE_URL=database)
    elif programs := server_programs():
        with postgres(programs) as url:
            step("Tests on PostgreSQL", *only_database, DATABASE_URL=url)
    else:
        skipped.append("PostgreSQL: neither its server programs nor DATABASE_URL are there")

    for reason in skipped:
        print(f"SKIPPED {reason}")
        if REQUIRE_ALL:
            failed.append(reason)
    print("\nFailed: " + "; ".join(failed) if failed else "\nEverything passed.")
    return 1 if failed else 0


def install_html_checker():
    """Fetch the Nu HTML checker with npm, once; tests that need it say so where it is missing."""
    if not os.path.exists("node_modules/vnu-jar") and shutil.which("npm") and shutil.which("java"):
        print("\n── Installing the Nu HTML checker", flush=True)
        subprocess.run(
            ["npm", "install", "--no-package-lock", "--ignore-scripts", "--silent"], check=False
        )


if __name__ == "__main__":
    sys.exit(main())
