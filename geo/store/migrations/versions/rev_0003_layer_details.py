"""What areas and demand were imported with: their own version and details."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.column_types import code_text, json_text

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of layers."""
    op.create_table(
        "layers",
        sa.Column("name", code_text(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("details", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_layers"),
    )


def downgrade() -> None:
    """Remove the table of layers."""
    op.drop_table("layers")
