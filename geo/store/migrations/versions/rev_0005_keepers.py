"""Keepers at work: deadlines of reports, sessions, notices, and the salts senders are hashed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.column_types import Instant, code_text

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the deadline and make the tables."""
    op.add_column("reports", sa.Column("due_at", Instant()))
    op.create_table(
        "report_salts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_report_salts"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", code_text(64), nullable=False),
        sa.Column("key_name", code_text(100), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sessions"),
        sa.ForeignKeyConstraint(["key_name"], ["keys.name"], name="fk_sessions_key_name", ondelete="CASCADE"),
    )
    op.create_table(
        "notices",
        sa.Column("kind", code_text(20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_notices"),
    )


def downgrade() -> None:
    """Remove the tables and the deadline."""
    for table in ("notices", "sessions", "report_salts"):
        op.drop_table(table)
    op.drop_column("reports", "due_at")
