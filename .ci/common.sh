# What the scripts in this folder share; each sources this file first. It changes into the project's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CI=1 # property tests take the same examples each time, see tests/conftest.py
export PIP_RETRIES=10 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore DEBIAN_FRONTEND=noninteractive

export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rpxl-ci
mkdir -p "$cache"

# The Debian packages that the tests need, here and in the other Debian.
packages="python3-venv libreoffice-calc python3-uno poppler-utils xvfb fonts-liberation fonts-crosextra-carlito p7zip-full procps"

say() { printf '%s  %4d s  %s\n' "$(date -u +%H:%M:%S)" "$SECONDS" "$*"; }

# retry COMMAND …: if it fails, run it again after 5, 20 and 60 seconds; for downloads
retry() {
  local pause
  for pause in 5 20 60; do
    "$@" && return
    say "failed, again in $pause s: $*"
    sleep "$pause"
  done
  "$@"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo --preserve-env "$@"; fi; }

# need PACKAGE …: install what is missing of these Debian packages
need() {
  command -v apt-get >/dev/null || return 0
  dpkg -s "$@" >/dev/null 2>&1 && return
  (
    flock 7 # parts that run at once install one after the other
    say "apt-get install $*"
    retry as_root apt-get update -qq
    retry as_root apt-get install -qq -y --no-install-recommends "$@" >"$cache/apt.log" 2>&1 || { tail -20 "$cache/apt.log"; exit 1; }
  ) 7>"$cache/apt.lock"
}

# key FILE-OR-WORD …: a short hash of the files' contents and the words
key() {
  for each in "$@"; do if [ -f "$each" ]; then cat "$each"; else echo "$each"; fi; done | sha256sum | cut -c1-12
}

# other_debian: the Debian that this machine is not: 13, or 12 where the machine is a 13
other_debian() { (. /etc/os-release && [ "${VERSION_CODENAME:-}" = trixie ] && echo bookworm || echo trixie); }
