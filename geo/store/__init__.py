"""Where the register is kept: one protocol, one ORM model, SQLite and PostGIS back ends."""
