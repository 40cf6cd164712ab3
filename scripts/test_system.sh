#!/bin/sh
# Brings the pieces the tests need beside Python: a PostGIS server, Chromium, CJK fonts, GDAL's and Poppler's tools, nginx.
# On Debian as root missing packages are installed; everywhere the check at the end names what is still missing.
set -eu

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

# Set by whoever brings their own server or browser.
if [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    missing=
    if [ -z "${CARE_TEST_DATABASE_URL:-}" ]; then
        # A server that is there already keeps its version; otherwise the release's own comes with its PostGIS.
        server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 | cut -d/ -f5)
        if [ -n "$server" ]; then
            packages="postgresql-$server postgresql-$server-postgis-3"
        else
            packages="postgresql postgresql-postgis"
        fi
    fi
    [ -n "${CARE_TEST_CHROMIUM:-}" ] || packages="${packages:-} chromium"
    for package in ${packages:-} fonts-noto-cjk gdal-bin poppler-utils nginx-light openssl; do
        installed "$package" || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        echo "Installing for the tests:$missing"
        log=$(mktemp)
        if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
            >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            echo "These packages could not be installed:$missing" >&2
            exit 1
        fi
        rm -f "$log"
    fi
fi
exec .venv/bin/python tests/machine/pieces.py
