"""Coverage zones, areas, demand, workers' reports and keepers' keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.column_types import Instant, Wgs84Geometry, code_text, json_text

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables beside the stations."""
    op.create_table(
        "keys",
        sa.Column("name", code_text(100), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("prefix", code_text(16), nullable=False),
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
        sa.UniqueConstraint("prefix", name="uq_keys_prefix"),
        sa.CheckConstraint("role IN ('keeper', 'admin')", name="ck_keys_role"),
    )
    op.create_table(
        "reports",
        sa.Column("id", code_text(32), nullable=False),
        sa.Column("station_id", code_text(64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amenity", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("reporter_hash", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_at", Instant()),
        sa.Column("review_note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    op.create_index("ix_reports_station_id", "reports", ["station_id"])
    op.create_table(
        "coverage_zones",
        sa.Column("station_id", code_text(64), nullable=False),
        sa.Column("mode", code_text(16), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("geom", Wgs84Geometry("MULTIPOLYGON"), nullable=False),
        sa.Column("standard", json_text(), nullable=False),
        sa.Column("center_lon", sa.Double(), nullable=False),
        sa.Column("center_lat", sa.Double(), nullable=False),
        sa.Column("station_version", sa.Integer(), nullable=False),
        sa.Column("computed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "mode", "minutes", name="pk_coverage_zones"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_coverage_zones_station_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "areas",
        sa.Column("code", code_text(64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("properties", json_text(), nullable=False),
        sa.Column("geom", Wgs84Geometry(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_areas"),
    )
    op.create_table(
        "demand",
        sa.Column("cell", code_text(16), nullable=False),
        sa.Column("worker_group", code_text(20), nullable=False),
        sa.Column("time_window", code_text(4), nullable=False),
        sa.Column("day_type", code_text(10), nullable=False),
        sa.Column("demand", sa.Double(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.PrimaryKeyConstraint("cell", "worker_group", "time_window", "day_type", name="pk_demand"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_coverage_zones_geom ON coverage_zones USING gist (geom)")
        op.execute("CREATE INDEX ix_areas_geom ON areas USING gist (geom)")


def downgrade() -> None:
    """Remove the tables beside the stations."""
    for table in ("demand", "areas", "coverage_zones", "reports", "keys"):
        op.drop_table(table)
