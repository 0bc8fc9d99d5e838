#!/bin/sh
# Makes .venv and installs one dependency group with hashes: .ci/setup.sh base|test|dev. A second run is instant.
set -eu
cd "$(dirname "$0")/.."
group="${1:-base}"
python="${PYTHON:-python3}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Deskhand needs Python 3.11 or newer; '$python' is not. Set PYTHON=/path/to/python3.11." >&2
    exit 1
}
"$python" -c 'import venv, ensurepip' 2>/dev/null || {
    echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2
    exit 1
}
case "$group" in
    base) files="requirements/base.txt requirements/embedded.txt" ;;
    test) files="requirements/test.txt" ;;
    dev) files="requirements/dev.txt" ;;
    *) echo "unknown group '$group': base, test or dev" >&2; exit 1 ;;
esac
# shellcheck disable=SC2086
mark="$(cat $files | cksum | cut -d' ' -f1)"
stamp=".venv/.installed-$group-$mark"
[ -f "$stamp" ] && exit 0
began=$(date +%s)
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the packages of requirements/$group ..."
set --
for file in $files; do set -- "$@" -r "$file"; done
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python .venv/bin/python --require-hashes "$@" || \
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
fi
echo "$(($(date +%s) - began))" > "$stamp" # seconds it took
