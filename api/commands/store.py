"""Commands on the store itself: its schema, its backups, and keepers' keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from api.commands.terminal import (
    JsonOption,
    StoreOption,
    opened_store,
    say,
    say_json,
    say_table,
    settings_with,
)
from geo.store import backup as backups
from geo.store import schema
from geo.store.keys import Role, add_key, list_keys, revoke_key

db = typer.Typer(help="The schema of the store.")
keys = typer.Typer(help="Keepers' keys.")


@db.command()
def upgrade(store: StoreOption = None) -> None:
    """Bring the store to the schema this program needs."""
    status = schema.upgrade(settings_with(store).store_url)
    say(f"the store's schema is at {status.found}, as this program needs")


@db.command()
def check(store: StoreOption = None) -> None:
    """Say where the schema of the store stands; fails unless it is the one this program needs."""
    status = schema.check(settings_with(store).store_url)
    status.require_current()
    say(f"the store's schema is at {status.found}, as this program needs")


@keys.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who holds the key; the history names it.")],
    role: Annotated[str, typer.Option(help="keeper or admin.")] = "keeper",
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Make a key and print it; it is shown this once."""
    with opened_store(settings_with(store)) as opened:
        token = add_key(opened, name, cast("Role", role))
    if json:
        say_json({"name": name, "role": role, "key": token})
    else:
        say(token)


@keys.command("list")
def list_all(json: JsonOption = False, store: StoreOption = None) -> None:
    """List all keys, revoked ones too; the keys themselves are kept nowhere."""
    with opened_store(settings_with(store)) as opened:
        found = list_keys(opened)
    if json:
        say_json([vars(key) for key in found])
    else:
        rows = [(key.name, key.role, key.prefix, key.created_at, key.revoked_at) for key in found]
        say_table(("name", "role", "prefix", "made", "revoked"), rows)


@keys.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key.")], store: StoreOption = None
) -> None:
    """Revoke a key from this moment on."""
    with opened_store(settings_with(store)) as opened:
        key = revoke_key(opened, name)
    say(f"the key of {key.name} is revoked since {key.revoked_at}")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; gzip, for either kind of store.")],
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Write the whole store to a file: register, history, keys' hashes, reports. The store may be in use."""
    made = backups.backup(settings_with(store).store_url, file)
    if json:
        say_json(vars(made))
    else:
        say(f"backup of {_counted(made)} written to {file}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `care-stations backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Also over a store that holds something.")] = False,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Put a backup into an empty store, whole or not at all."""
    made = backups.restore(file, settings_with(store).store_url, force=force)
    if json:
        say_json(vars(made))
    else:
        say(f"{_counted(made)} restored from {file}")


def _counted(made: backups.BackupSummary) -> str:
    rows = made.rows
    return f"{rows['stations']} stations with {rows['history']} changes (register version {made.version})"
