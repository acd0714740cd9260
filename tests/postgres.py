"""A PostgreSQL server of our own for the length of a test run, from Debian's server programs.

It listens on a socket in a temporary folder only, forgets everything, and works as root too (the
server's programs refuse root, so they are run as another user).
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

FASTER = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses=''"


def server_programs():
    """Return the folder that holds initdb and pg_ctl, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        found = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(found.stdout.strip()))
    for name in ("initdb", "pg_ctl"):
        if program := shutil.which(name):
            folders.append(Path(program).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


@contextmanager
def postgres(programs):
    """Start a server and give its DATABASE_URL; stop it and delete everything afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dialogue-postgres-"))
    as_user = _unprivileged(folder)

    def run(program, *arguments):
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **as_user,
        )

    data = folder / "data"
    try:
        run("initdb", "-D", str(data), "-U", "app", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"),
            "-o", f"{FASTER} -k {folder}", "start")  # fmt: skip
        try:
            yield f"postgres://app@{str(folder).replace('/', '%2F')}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder):
    """Return what subprocess needs to become somebody other than root, and give them the folder."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
