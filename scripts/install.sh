#!/bin/sh
# Makes .venv and installs the locked dependencies in it, only when the lock or pyproject.toml changed.
# PYTHON names the interpreter; without it the first Python on PATH that is new enough is taken.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation "$@"
}

wanted=$(cat requirements.lock requirements.in pyproject.toml | cksum)
stamp=.venv/installed
if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null &&
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3 python3.14 python3.13 python3.12 python3.11
fi
python=
for candidate in "$@"; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "Python 3.11 or later is needed (tried: $*); install it, or set PYTHON to its path."
"$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
    fail "$python has no venv module: install it (Debian and Ubuntu: apt-get install python3-venv) and try again."

if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    echo "Creating .venv"
    "$python" -m venv --clear .venv || fail "$python could not create .venv; see the lines above."
fi
echo "Installing the locked dependencies (this takes a minute or two, once)"
rm -f "$stamp"
# The locked setuptools comes first: it builds prcoords (which has no wheel) and the project itself.
awk '/^setuptools==/ { found = 1 } found { print } found && !/\\$/ { exit }' requirements.lock >.venv/setuptools.lock
for lock in .venv/setuptools.lock requirements.lock; do
    pip_install --only-binary :all: --no-binary prcoords --require-hashes -r "$lock" ||
        fail "The locked dependencies could not be installed; see the lines above."
done
pip_install --no-deps -e . ||
    fail "The project itself could not be installed; see the lines above."
echo "$wanted" >"$stamp"
