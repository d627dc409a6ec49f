#!/usr/bin/env bash
# Gets the browser that the page's tests drive: Debian's chromium. Playwright's own downloads are not used; axe comes with pip.
set -euo pipefail
command -v chromium >/dev/null && exit 0
[ "$(id -u)" = 0 ] && as=() || as=(sudo)
"${as[@]}" apt-get update -qq && "${as[@]}" apt-get install -y -qq --no-install-recommends chromium ||
  { echo "lookalike: chromium could not be installed; name another with CHROMIUM=/path/to/chromium" >&2; exit 1; }
