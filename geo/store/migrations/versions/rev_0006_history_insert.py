"""In SQLite too no line takes the place of a change: INSERT OR REPLACE fires no trigger on DELETE."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Refuse a line whose sequence, or station and version, is taken; PostgreSQL knows no such statement."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER history_no_replace BEFORE INSERT ON history "
            "WHEN EXISTS (SELECT 1 FROM history WHERE sequence = NEW.sequence) OR EXISTS "
            "(SELECT 1 FROM history WHERE station_id = NEW.station_id AND version = NEW.version) "
            "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
        )


def downgrade() -> None:
    """Let such lines pass again."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER history_no_replace")
