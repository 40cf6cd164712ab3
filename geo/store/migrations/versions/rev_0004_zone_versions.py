"""At which register version a coverage zone was written, so that readers fetch only new ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index; zones from before count as version 0."""
    with op.batch_alter_table("coverage_zones") as table:
        table.add_column(sa.Column("register_version", sa.Integer(), nullable=False, server_default="0"))
        table.create_index("ix_coverage_zones_register_version", ["register_version"])


def downgrade() -> None:
    """Remove the column and its index."""
    with op.batch_alter_table("coverage_zones") as table:
        table.drop_index("ix_coverage_zones_register_version")
        table.drop_column("register_version")
