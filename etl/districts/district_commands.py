"""The command group ``districts``: commands of several modules on one group."""

from __future__ import annotations

from etl.districts.agency.commands import deliver
from etl.districts.crosswalk.commands import crosswalk
from etl.districts.place_commands import districts
from etl.districts.plans import commands as plans
from etl.districts.plans.build_command import build_plans
from etl.districts.plans.census_command import census
from etl.districts.plans.proof_command import certify_plan
from etl.districts.zoning.certify_command import certify_file
from etl.districts.zoning.commands import solve_file

districts.command("solve")(solve_file)
districts.command("certify")(certify_file)
districts.command("build")(build_plans)
districts.command("census")(census)
districts.command("certify-plan")(certify_plan)
districts.command("plans")(plans.list_plans)
districts.command("choose")(plans.choose)
districts.command("review")(plans.review)
districts.command("adopt")(plans.adopt)
districts.command("export")(plans.export)
districts.command("import")(plans.import_file)
districts.command("crosswalk")(crosswalk)
districts.command("deliver-agency")(deliver)

__all__ = ["districts"]
