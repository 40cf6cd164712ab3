"""``python -m api``: the same as the command ``care-stations``."""

from api.cli import main

if __name__ == "__main__":
    main()
