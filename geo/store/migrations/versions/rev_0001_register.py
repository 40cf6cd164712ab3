"""Stations, their amenities, the history and the version counter."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from geo.store.column_types import Instant, Wgs84Geometry, code_text, json_text

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the register."""
    op.create_table(
        "stations",
        sa.Column("id", code_text(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", json_text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *_texts("street_code", "street", "address", "landmark", "door_note"),
        sa.Column("status", sa.Text(), nullable=False),
        *_dates("status_since", "status_until"),
        *_texts("status_note", "hours"),
        *_dates("hours_confirmed_on"),
        sa.Column("entry_method", json_text(), nullable=False),
        *_texts("welcome_note", "ownership", "host_type", "level"),
        sa.Column("honours", json_text(), nullable=False),
        sa.Column("seats", sa.Integer()),
        sa.Column("area_m2", sa.Double()),
        *_texts("phone"),
        *_dates("opened_on"),
        *(sa.Column(name, json_text(), nullable=False) for name in ("visits", "photos", "on_map")),
        *_texts("sign_outside", "notice_board", "rules_posted", "hotline_posted", nullable=False),
        *_texts("manager_named", "street_facing", "inside_compound", "step_free", nullable=False),
        sa.Column("provenance", json_text(), nullable=False),
        *_texts("source", "location_precision"),
        *_dates("location_checked_on"),
        sa.Column("raw_coordinate", json_text()),
        sa.Column("updated_at", Instant()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("geom", Wgs84Geometry("POINT")),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
    )
    op.create_table(
        "station_amenities",
        sa.Column("station_id", code_text(64), nullable=False),
        sa.Column("offer", code_text(8), nullable=False),
        sa.Column("code", code_text(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        *_texts("kind"),
        sa.Column("count", sa.Integer()),
        sa.Column("distance_m", sa.Double()),
        sa.Column("certified", sa.Boolean()),
        *_texts("note"),
        *_dates("checked_on", "expires_on"),
        *_texts("schedule", "contact"),
        sa.PrimaryKeyConstraint("station_id", "offer", "code", name="pk_station_amenities"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_station_amenities_station_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("offer IN ('amenity', 'service')", name="ck_station_amenities_offer"),
    )
    op.create_index("ix_station_amenities_code_value", "station_amenities", ["code", "value"])
    op.create_table(
        "history",
        sa.Column("sequence", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("station_id", code_text(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        *_texts("kind", "actor", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("before", json_text()),
        sa.Column("after", json_text()),
        sa.PrimaryKeyConstraint("sequence", name="pk_history"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_station_id", "history", ["station_id", "version"], unique=True)
    op.create_index("ix_history_register_version", "history", ["register_version"])
    meta = op.create_table(
        "meta",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("store_uuid", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meta"),
        sa.CheckConstraint("id = 1", name="ck_meta_single"),
    )
    op.bulk_insert(
        meta, [{"id": 1, "store_uuid": str(uuid.uuid4()), "version": 0, "created_at": datetime.now(UTC)}]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_stations_geom ON stations USING gist (geom)")
        op.execute("CREATE INDEX ix_stations_geography ON stations USING gist ((geom::geography))")
        _guard_history_in_postgresql()
    else:
        _guard_history_in_sqlite()


def downgrade() -> None:
    """Remove every table of the register."""
    for table in ("meta", "history", "station_amenities", "stations"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_history_change()")


def _texts(*names: str, nullable: bool = True) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _dates(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Date()) for name in names]


def _guard_history_in_sqlite() -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER history_no_{action.lower()} BEFORE {action} ON history "
            "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
        )


def _guard_history_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'the history is append-only'; END$$"
    )
    op.execute(
        "CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change()"
    )
