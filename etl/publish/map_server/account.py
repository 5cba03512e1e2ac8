"""The operating-system account of the services: the user itself, or for root one that owns nothing."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SetupError
from etl.settings import home
from etl.warehouse import cluster_layout, passwords

ACCOUNTS = ("www-data", "nobody")


@dataclass(frozen=True)
class Account:
    """``uid`` and ``gid`` to change to; None where the caller is an ordinary user."""

    uid: int | None = None
    gid: int | None = None

    def command(self, program: Path, *arguments: str | Path) -> list[str]:
        """The command that runs a program as this account and ends it with us, even if we are killed."""
        change = [] if self.uid is None else [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        prefix = ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--no-new-privs", *change, "--"]
        return [*prefix, str(program), *map(str, arguments)]

    def own(self, folder: Path) -> None:
        """Give a folder of ours with all that is in it to the account."""
        if self.uid is not None and self.gid is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server() -> Account:
    """The account for nginx and QGIS Server. Raises SetupError if root finds none."""
    if os.geteuid() != 0:
        return Account()
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise SetupError(f"Als root braucht der Kartendienst eines der Konten {', '.join(ACCOUNTS)}; keines gibt es hier.")


def reachable(folder: Path, address: Mapping[str, str]) -> dict[str, str]:
    """The libpq parameters as the account can use them.

    The password of this one login goes into a file in ``folder``: the installation's file holds those of all roles,
    and a FastCGI program does not keep the environment it was started with. Our socket's folder is closed to others,
    so that another account takes the same server's port.
    """
    found = dict(address)
    login = found.get("user", "")
    password = found.pop("password", None) or os.environ.get("PGPASSWORD")
    if passfile := found.get("passfile"):
        password = passwords.read(Path(passfile).parent).get(login, password)
    if password:
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        passwords.write_private(folder / "pgpass", f"*:*:*:*:{escaped}\n")
        found["passfile"] = str(folder / "pgpass")
    if os.geteuid() == 0 and found.get("host") == str(cluster_layout.socket_folder(home())):
        found["host"] = "127.0.0.1"
    return found
