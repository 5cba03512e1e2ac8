"""Projects and styles of QGIS, where its browser looks for them

Revision ID: 0019
Revises: 0018
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0019"
down_revision: str | Sequence[str] | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Names, types and schema are those that QGIS expects; the newest form, as it does not bring older ones up to date.
    op.execute("""
        CREATE TABLE public.qgis_projects (name text PRIMARY KEY, metadata jsonb, content bytea);
        COMMENT ON TABLE public.qgis_projects IS 'QGIS projects, filled from files; readers open them in QGIS';
        CREATE TABLE public.layer_styles (
            id serial PRIMARY KEY,
            f_table_catalog varchar,
            f_table_schema varchar,
            f_table_name varchar,
            f_geometry_column varchar,
            stylename text,
            styleqml xml,
            stylesld xml,
            useasdefault boolean,
            description text,
            owner varchar(63) DEFAULT current_user,
            ui xml,
            update_time timestamp DEFAULT current_timestamp,
            type varchar
        );
        COMMENT ON TABLE public.layer_styles IS 'Styles of the published views, filled from files; QGIS offers them';
    """)


def downgrade() -> None:
    op.execute("DROP TABLE public.layer_styles; DROP TABLE public.qgis_projects")
