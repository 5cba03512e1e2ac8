"""Types of areas, outlook and demand

Revision ID: 0014
Revises: 0013
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | Sequence[str] | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "forecast_run",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as szenario_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False, comment="Code in the catalogue"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("base_year", sa.Integer(), nullable=False, comment="Projected from 31 December of this year"),
        sa.Column("fitted_from", sa.Integer(), nullable=False, comment="First stock of the base years, 31 December"),
        sa.Column("fertility", sa.Double(), nullable=False, comment="Factor on births"),
        sa.Column(
            "mortality_change",
            sa.Double(),
            nullable=False,
            comment="Change of the chance to die a year, -0.01: 1 % less",
        ),
        sa.Column("gains", sa.Double(), nullable=False, comment="Factor on net in-migration"),
        sa.Column("losses", sa.Double(), nullable=False, comment="Factor on net out-migration"),
        sa.Column("housing", sa.Double(), nullable=False, comment="Factor on the table of new dwellings"),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_forecast_run_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_run")),
        schema="release",
        comment="Scenarios of the projection by edition (append-only)",
    )
    op.create_index("uq_forecast_run_cell", "forecast_run", ["edition_id", "scenario"], unique=True, schema="release")
    op.create_table(
        "typology",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as typologie_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("typology_code", sa.Text(), nullable=False, comment="Code in the catalogue"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False, comment="Units that show all indicators"),
        sa.Column("types", sa.Integer(), nullable=True),
        sa.Column("silhouette", sa.Double(), nullable=True, comment="Mean silhouette, -1 to 1"),
        sa.Column("structured", sa.Boolean(), nullable=True, comment="Whether the gap statistic prefers types to none"),
        sa.Column(
            "rand_units", sa.Double(), nullable=True, comment="Mean adjusted Rand index, units drawn with replacement"
        ),
        sa.Column("rand_counts", sa.Double(), nullable=True, comment="The same with cases drawn anew"),
        sa.Column("firm", sa.Boolean(), nullable=True, comment="Whether the Rand index reaches the typology's limit"),
        sa.Column("reason", sa.Text(), nullable=False, comment="In German: why so many types and how firm they are"),
        sa.CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(types, silhouette, rand_units, rand_counts, structured, firm) = 0",
            name=op.f("ck_typology_withheld_is_absent"),
        ),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_typology_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_typology_edition_id")),
        sa.ForeignKeyConstraint(["version_id"], ["geo.district_version.id"], name=op.f("fk_typology_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typology")),
        schema="release",
        comment="Typologies by edition and district version (append-only)",
    )
    op.create_index(
        "uq_typology_cell", "typology", ["edition_id", "version_id", "typology_code"], unique=True, schema="release"
    )
    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as bedarf_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False, comment="31 December of this year"),
        sa.Column("kind", sa.Text(), nullable=False, comment="Code of the group of children in the catalogue"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=True, comment="Rounded to tens"),
        sa.Column("quota", sa.Double(), nullable=True, comment="Share of the children who want a place, 0 to 1"),
        sa.Column("needed", sa.Integer(), nullable=True, comment="Places, rounded to tens"),
        sa.Column("places", sa.Double(), nullable=True, comment="Places that the edition shows, where they stand"),
        sa.Column("places_period", sa.Text(), nullable=True, comment="Period of the places"),
        sa.Column("balance", sa.Integer(), nullable=True, comment="places - needed, rounded to tens"),
        sa.CheckConstraint("(status = 'gueltig') = (children IS NOT NULL)", name=op.f("ck_demand_withheld_is_absent")),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_demand_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_demand_edition_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_demand_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
        schema="release",
        comment="Demand for places by edition (append-only)",
    )
    op.create_index(
        "uq_demand_cell", "demand", ["edition_id", "unit_id", "scenario", "year", "kind"], unique=True, schema="release"
    )
    op.create_table(
        "forecast",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as prognose_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False, comment="31 December of this year"),
        sa.Column("age_group", sa.Text(), nullable=False, comment="insgesamt or ages as in a00_03"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True, comment="Rounded to tens"),
        sa.CheckConstraint("(status = 'gueltig') = (persons IS NOT NULL)", name=op.f("ck_forecast_withheld_is_absent")),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_forecast_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_forecast_edition_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_forecast_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast")),
        schema="release",
        comment="Population projection by edition (append-only)",
    )
    op.create_index(
        "uq_forecast_cell",
        "forecast",
        ["edition_id", "unit_id", "scenario", "year", "age_group"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "forecast_error",
        sa.Column(
            "id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as prognosefehler_id"
        ),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("age_group", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="Kohorten, wie im letzten Jahr, linearer Trend"),
        sa.Column("base_year", sa.Integer(), nullable=False),
        sa.Column("target_year", sa.Integer(), nullable=False),
        sa.Column("projected", sa.Integer(), nullable=False, comment="Persons, rounded to tens"),
        sa.Column("actual", sa.Double(), nullable=False, comment="Persons that the edition shows"),
        sa.Column(
            "percent",
            sa.Double(),
            nullable=True,
            comment="Error in percent of actual, before rounding to tens",
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_forecast_error_edition_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_forecast_error_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_error")),
        schema="release",
        comment="Backtest of the projection by edition (append-only)",
    )
    op.create_index(
        "uq_forecast_error_cell",
        "forecast_error",
        ["edition_id", "unit_id", "age_group", "method"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "type_description",
        sa.Column("typology_id", sa.Integer(), nullable=False),
        sa.Column("type_no", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False, comment="Units of the type"),
        sa.Column("name", sa.Text(), nullable=False, comment="German, short and neutral"),
        sa.Column("description", sa.Text(), nullable=False, comment="German, from the largest deviations"),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_type_description_edition_id")),
        sa.ForeignKeyConstraint(["typology_id"], ["release.typology.id"], name=op.f("fk_type_description_typology_id")),
        sa.PrimaryKeyConstraint("typology_id", "type_no", name=op.f("pk_type_description")),
        schema="release",
        comment="Types in words by edition (append-only)",
    )
    op.create_table(
        "type_profile",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as typprofil_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("typology_id", sa.Integer(), nullable=False),
        sa.Column("type_no", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column(
            "mean", sa.Double(), nullable=False, comment="Mean of the type's units, unweighted, in the indicator's unit"
        ),
        sa.Column(
            "deviation",
            sa.Double(),
            nullable=False,
            comment="Mean z value: standard deviations from the mean of all units",
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_type_profile_edition_id")),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["catalogue.indicator.id"], name=op.f("fk_type_profile_indicator_id")
        ),
        sa.ForeignKeyConstraint(["period"], ["warehouse.period.code"], name=op.f("fk_type_profile_period")),
        sa.ForeignKeyConstraint(["typology_id"], ["release.typology.id"], name=op.f("fk_type_profile_typology_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_type_profile")),
        schema="release",
        comment="Profiles of types by edition (append-only)",
    )
    op.create_index(
        "uq_type_profile_cell",
        "type_profile",
        ["typology_id", "type_no", "indicator_id"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "type_value",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as typ_wert_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("typology_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("type_no", sa.Integer(), nullable=True, comment="1 is the largest type"),
        sa.Column(
            "share", sa.Double(), nullable=True, comment="Share of repeated runs in which the unit keeps its type"
        ),
        sa.CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(type_no, share) = 0", name=op.f("ck_type_value_withheld_is_absent")
        ),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_type_value_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_type_value_edition_id")),
        sa.ForeignKeyConstraint(["typology_id"], ["release.typology.id"], name=op.f("fk_type_value_typology_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_type_value_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_type_value")),
        schema="release",
        comment="Types of units by edition (append-only)",
    )
    op.create_index("uq_type_value_cell", "type_value", ["typology_id", "unit_id"], unique=True, schema="release")
