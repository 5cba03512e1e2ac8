"""``districts adopt``: a reviewed version becomes the valid one, for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from etl.catalogue import City
from etl.districts import store, versions
from etl.districts.load import level_of
from etl.districts.plans.frame import lock_changes
from etl.districts.plans.simplify import store_simplified
from etl.districts.plans.violations import BAND, dissolve_all, find_violations
from etl.districts.versions import Version
from etl.districts.wording import count, listed
from etl.errors import SozialberichtError

SHOWN = 20


@dataclass(frozen=True)
class Adopted:
    """What was adopted: number of districts, the version it takes over from, accepted and removed districts."""

    label: str
    valid_from: date
    districts: int
    superseded: str | None
    outside_band: int
    removed: tuple[str, ...]

    def message(self) -> str:
        """One German sentence for each fact."""
        words = (
            f"Gebietsstand „{self.label}“ ist ab {self.valid_from:%d.%m.%Y} beschlossen: "
            f"{count(self.districts, 'Bezirk', 'Bezirke')}."
        )
        if self.superseded is not None:
            words += f" „{self.superseded}“ gilt bis dahin und ist abgelöst."
        if self.outside_band:
            words += f" Mit Begründung außerhalb des Einwohnerbands: {self.outside_band}."
        if self.removed:
            words += f" Leere Bezirke entfallen: {listed(self.removed)}."
        return words


def adopt(
    connection: Connection, city: City, label: str, valid_from: date, *, band_reason: str | None = None
) -> Adopted:
    """Validate and adopt the version ``label``, valid from that day on; the one adopted before ends on it.

    Polygons are dissolved anew from the blocks, simplified outlines stored, then the version is frozen: triggers refuse
    every later change. ``band_reason`` accepts districts outside the band and is kept. Raises ``SozialberichtError``
    with every violation; nothing is changed then (the caller rolls back).
    """
    lock_changes(connection)
    version = versions.get(connection, label)
    versions.require_mutable(version)
    if version.status != "reviewed":
        raise SozialberichtError(
            f"Der Gebietsstand „{label}“ ist noch ein Entwurf; bitte prüfen und mit districts review {label} --done "
            "abschließen."
        )
    if band_reason is not None and not band_reason.strip():
        raise SozialberichtError("--allow-band braucht eine Begründung; sie wird mit dem Beschluss aufbewahrt.")
    level = level_of(city, city.district_level or "")
    removed = _remove_empty(connection, version, level.code)
    exact = dissolve_all(connection, version, level.code)
    if len(exact):
        store.replace_geometry(connection, version.id, level.code, exact)
    found = find_violations(connection, city, version)
    outside = sum(v.kind == BAND for v in found)
    against = [v for v in found if v.kind != BAND or band_reason is None]
    if against:
        listing = "\n".join(f"  {v.text}" for v in against[:SHOWN])
        more = f"\n  und {len(against) - SHOWN} weitere" if len(against) > SHOWN else ""
        only_band = all(v.kind == BAND for v in against)
        hint = "\nAusnahmen vom Einwohnerband: --allow-band „Begründung“." if only_band else ""
        raise SozialberichtError(
            f"Der Gebietsstand „{label}“ kann nicht beschlossen werden, "
            f"{count(len(against), 'Verstoß', 'Verstöße')}:\n{listing}{more}{hint}"
        )
    store_simplified(connection, city, version)
    superseded = _supersede(connection, valid_from)
    try:
        connection.execute(
            text("""
                UPDATE geo.district_version
                SET status = 'adopted', valid = daterange(:day, NULL), provisional = false, adopted_at = now(),
                    adopted_by = session_user, band_reason = :reason
                WHERE id = :id
            """),
            {"id": version.id, "day": valid_from, "reason": band_reason if outside else None},
        )
    except IntegrityError as error:
        raise SozialberichtError(
            f"Ab {valid_from:%d.%m.%Y} ist schon ein anderer Gebietsstand beschlossen; die Gültigkeit darf sich nicht "
            "überschneiden."
        ) from error
    total = len(store.read_units(connection, version.id, level.code))
    return Adopted(label, valid_from, total, superseded, outside, tuple(removed))


def _remove_empty(connection: Connection, version: Version, level: str) -> list[str]:
    """Districts that lost their last block in the review go; their keys are returned."""
    given: dict[str, Any] = {"v": version.id, "level": level}
    try:
        return list(
            connection.scalars(
                text("""
                    DELETE FROM geo.unit u WHERE u.version_id = :v AND u.level = :level
                      AND EXISTS (SELECT FROM geo.block_assignment a WHERE a.version_id = :v)
                      AND NOT EXISTS (SELECT FROM geo.block_assignment a WHERE a.unit_id = u.id)
                    RETURNING u.key
                """),
                given,
            )
        )
    except IntegrityError as error:
        raise SozialberichtError(
            "Bezirke ohne Blöcke können nicht entfallen, weil sich Zahlen auf sie beziehen; bitte einen neuen "
            "Gebietsstand anlegen."
        ) from error


def _supersede(connection: Connection, day: date) -> str | None:
    """End the version that is adopted without end; returns its label."""
    row = connection.execute(
        text("SELECT id, label, lower(valid) FROM geo.district_version WHERE status = 'adopted' AND upper_inf(valid)")
    ).one_or_none()
    if row is None:
        return None
    if row[2] >= day:
        raise SozialberichtError(
            f"Der Gebietsstand „{row[1]}“ gilt schon ab {row[2]:%d.%m.%Y}; der neue muss später beginnen."
        )
    connection.execute(
        text("""
            UPDATE geo.district_version SET status = 'superseded', valid = daterange(lower(valid), :day) WHERE id = :id
        """),
        {"id": row[0], "day": day},
    )
    return str(row[1])
