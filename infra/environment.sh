#!/bin/sh
# Creates the project's virtual environment:  infra/environment.sh FOLDER [PYTHON]
set -eu

folder=$1
wanted=${2:-}

give_up() {
    echo "$*" >&2
    exit 1
}

runs() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

first_that_runs() {
    for name in "$@"; do
        if runs "$name"; then
            echo "$name"
            return
        fi
    done
    give_up "Whence needs Python 3.11 or newer; none of these is: $*. Install one, or name it: make PYTHON=/path/to/python"
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

apt_install() {
    apt-get -o DPkg::Lock::Timeout=600 install -qq --yes --no-install-recommends "$1" >/dev/null
}

# apt-get waits for the lock of dpkg, but not for the one on the package lists.
update_lists() {
    tries=0
    until words=$(LC_ALL=C apt-get update -qq 2>&1); do
        tries=$((tries + 1))
        case $words in *lock*) [ $tries -lt 120 ] || give_up "$words" ;; *) give_up "$words" ;; esac
        sleep 5
    done
}

install_part() {
    echo "Installing $1 ..."
    export DEBIAN_FRONTEND=noninteractive
    apt_install "$1" 2>&1 && return
    update_lists
    apt_install "$1"
}

# Debian ships Python without the package that installs pip into a new environment.
ensure_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
    part=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    may_install || give_up "This Python cannot create environments. Install the missing package: sudo apt-get install $part"
    install_part "$part"
    "$1" -c 'import ensurepip, venv' || give_up "$1 cannot create environments, even with $part; choose another: make PYTHON=..."
}

if [ -n "$wanted" ]; then
    python=$(first_that_runs "$wanted")
else
    python=$(first_that_runs python3 python3.14 python3.13 python3.12 python3.11)
fi
ensure_venv "$python"
"$python" -m venv --clear "$folder"
