#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image that every submission of {{ assignment }} is graded in.
set -euo pipefail
source=/autograder/source
venv=/autograder/venv # an image that brings one, with the packages in it, need not install any
export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() { # 3.11 or newer, able to make an environment, and released: Ubuntu 22.04 has a candidate that torch cannot use
  local fit='import ensurepip, sys, venv; v = sys.version_info; sys.exit(v < (3, 11) or v.releaselevel != "final")'
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c "$fit" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

if [ ! -x "$venv/bin/python" ]; then
  if [ -z "$(find_python)" ]; then
    apt-get update
    apt-get install -y --no-install-recommends python3.12 python3.12-venv ||
      apt-get install -y --no-install-recommends python3.11 python3.11-venv || true
  fi
  if [ -z "$(find_python)" ]; then
    echo "There is no released Python 3.11 or newer here, nor from apt. Choose Ubuntu 24.04 for this assignment" \
      "(Configure Autograder), and build again." >&2
    exit 1
  fi
  "$(find_python)" -m venv "$venv"
  if [ -f "$source/pip.conf" ]; then # the course's own: where its pip finds packages, a build of torch without CUDA say
    export PIP_CONFIG_FILE="$source/pip.conf"
  fi
  "$venv/bin/python" -m pip install --requirement "$source/requirements.txt" --constraint "$source/constraints.txt"
fi

site="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
rm -rf "$site/autograder"
cp -R "$source/package/autograder" "$site/autograder"
chmod -R a+rX "$site/autograder"
"$venv/bin/python" -m compileall -q "$site/autograder"

# Hidden tests and the secret are root's alone. Where the zip brings no secret of the course, the image gets its own.
# Then the solved notebook is graded: an image in which that does not work is not built.
chmod -R go= "$source"
cd /
"$venv/bin/python" -P -m autograder.gradescope.harness prepare /autograder {{ assignment }}
