"""The site as in production, served from a fresh database, for browsers."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


_collected = []


@contextmanager
def running_site(data, scenes="everything()"):
    """Set the site up in the folder `data`, serve it with gunicorn, and give its address."""
    set_up_site(data, scenes)
    with served_site(data) as address:
        yield address


def set_up_site(data, scenes="everything()"):
    """Fill the folder `data`: database, content, static files.

    `scenes` is what of tests/scenes.py is played in it.
    """
    data = Path(data)
    data.mkdir(exist_ok=True)
    if _collected:  # by this process, for another site: compressing takes ten seconds
        shutil.copytree(_collected[0], data / "static")
    play = ["shell", "-c", f"from tests.scenes import *; {scenes}"]
    commands = [["migrate"], ["load_content"], play]
    commands += [] if _collected else [["collectstatic", "--no-input"]]
    for command in commands:
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=ROOT,
            env=_environment(data),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    if not _collected:
        kept = Path(tempfile.mkdtemp(prefix="static-")) / "static"
        shutil.copytree(data / "static", kept)
        _collected.append(kept)
        atexit.register(shutil.rmtree, kept.parent, ignore_errors=True)


def _environment(data):
    return os.environ | {
        "DEBUG": "False",
        "HTTPS": "False",
        "SECRET_KEY": "only-for-this-run-" + "x" * 40,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATA_DIR": str(data),
        "DATABASE_URL": "",
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
