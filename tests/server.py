"""The site as in production, served from a fresh database, for browsers."""

import base64
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "dialogue.sqlite3"  # its name in the folder of a site


@contextmanager
def running_site(data, scenes="everything()"):
    """Set the site up in the folder `data`, serve it with gunicorn, and give its address."""
    set_up_site(data, scenes)
    with served_site(data) as address:
        yield address


def set_up_site(data, scenes="everything()"):
    """Fill the folder `data`: database, content, static files.

    `scenes` is what of tests/scenes.py is played in it. A database that is there is kept.
    """
    data = Path(data)
    data.mkdir(exist_ok=True)
    # Compressing takes as long as all the rest, and needs nothing of it.
    with _begin(data, "collectstatic", "--no-input") as collecting:
        if not (data / DATABASE).exists():
            make_database(data)
        play(data, scenes)
        if collecting.wait():
            raise subprocess.CalledProcessError(collecting.returncode, "collectstatic")


def make_database(data):
    """Make the database of a site in the folder `data`: all migrations, then the content."""
    manage(data, "migrate")
    manage(data, "load_content")


def play(data, scenes):
    """Play some of tests/scenes.py in the site in the folder `data`."""
    manage(data, "shell", "-c", f"from tests.scenes import *; {scenes}")


def manage(data, *command):
    """Run a command of manage.py on the site in the folder `data`."""
    with _begin(data, *command) as process:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)


def _begin(data, *command):
    return subprocess.Popen(
        [sys.executable, "manage.py", *command, "--verbosity", "0"],
        cwd=ROOT,
        env=_environment(data),
        stdout=subprocess.DEVNULL,
    )


def _environment(data):
    return os.environ | {
        "DEBUG": "False",
        "HTTPS": "False",
        "SECRET_KEY": "only-for-this-run-" + "x" * 40,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATA_DIR": str(data),
        "DATABASE_URL": "",
        "SITE_URL": "http://127.0.0.1",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "PERSPECTIVES_KEY": base64.urlsafe_b64encode(b"only-for-this-run".ljust(32)).decode(),
        "DJANGO_SETTINGS_MODULE": "dialogue_platform.settings",
    }


@contextmanager
def served_site(data):
    """Serve a site that was set up in the folder `data`, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gunicorn = [sys.executable, "-m", "gunicorn", "dialogue_platform.wsgi"]
    server = subprocess.Popen(
        [*gunicorn, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"],
        cwd=ROOT,
        env=_environment(data),
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(address, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
