"""The operating-system account under which the embedded database server runs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SetupError

# The package's own account comes first: every Debian machine with PostgreSQL has it.
ACCOUNTS = ("postgres", "sozialbericht")


@dataclass(frozen=True)
class Account:
    """A user and group id; ``switch`` says whether children must change to it (we are root) or already are it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, command: list[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``command`` as this account with untranslated messages; output is captured, errors are not raised."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": pwd.getpwuid(self.uid).pw_dir,
            "LC_ALL": "C.UTF-8",
            **variables,
        }
        return subprocess.run(  # noqa: S603 - fixed programs of the PostgreSQL package, no shell
            [str(part) for part in command],
            env=environment,
            # The caller's folder may be closed to the account, and a server must not keep it busy.
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def give(self, path: Path, mode: int) -> None:
        """Make ``path`` this account's own with exactly ``mode``."""
        if self.switch:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)


def server_account() -> Account:
    """The account for the server: the user itself, or for root an unprivileged one, as PostgreSQL refuses root.

    Raises SetupError if root finds no such account and cannot make one.
    """
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Account(me.pw_name, me.pw_uid, me.pw_gid, switch=False)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    name = ACCOUNTS[-1]
    made = subprocess.run(  # noqa: S603 - fixed arguments
        [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", name],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise SetupError(
            f"PostgreSQL läuft nicht als root, und das Konto „{name}“ ließ sich nicht anlegen: {made.stderr.strip()}"
        )
    entry = pwd.getpwnam(name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
