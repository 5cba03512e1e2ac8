"""The command group ``districts``: commands of several modules on one group."""

from __future__ import annotations

from etl.districts.agency.commands import deliver
from etl.districts.crosswalk.commands import crosswalk
from etl.districts.place_commands import districts

districts.command("crosswalk")(crosswalk)
districts.command("deliver-agency")(deliver)

__all__ = ["districts"]
