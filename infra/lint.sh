#!/usr/bin/env bash
# Checks every file of infra/ with the tool that is made for it. Tools of the extra `dev` have to be there; a tool of the system that
# is not installed is named and left out. Debian: apt-get install -y shellcheck prometheus nginx-light systemd.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

has() { # has TOOL WHAT: is it there?
  command -v "$1" >/dev/null && return 0
  echo "not checked: $2 ($1 is not installed)" >&2
  return 1
}
check() { # check WHAT COMMAND...: quiet when all is well
  local what=$1
  shift
  if ! "$@" >"$work/output" 2>&1; then
    echo "$what:" >&2
    cat "$work/output" >&2
    failed=1
  fi
}
# shellcheck disable=SC2317 # called by `check`
accepts_unit() { # systemd only warns of what it does not understand
  local said
  said=$(systemd-analyze verify --man=no "$1" 2>&1) && ! grep -F "$1" <<<"$said"
}
files() { find infra -name "$1" -not -path '*/node_modules/*' | sort; }

mapfile -t scripts < <(files '*.sh')
mapfile -t dockerfiles < <(files '*Dockerfile')
mapfile -t yamls < <(find infra mkdocs.yml -name '*.yml' -o -name '*.yaml' | sort)
mapfile -t jsons < <(files '*.json')
mapfile -t units < <(files '*.service')
mapfile -t manifests < <(find infra/kuberay -name '*.yaml' | sort)
mapfile -t powershells < <(files '*.ps1')

has shellcheck "shell scripts" && check shellcheck shellcheck --severity=warning "${scripts[@]}" .ci/run
for file in "${dockerfiles[@]}"; do check "$file" hadolint "$file"; done
check yamllint yamllint --strict --config-file infra/yamllint.yml "${yamls[@]}"
for file in "${jsons[@]}"; do check "$file" python3 -m json.tool "$file" /dev/null; done
if has promtool "Prometheus's files"; then
  check alerts.yml promtool check rules infra/prometheus/alerts.yml
  cp infra/prometheus/prometheus.yml infra/prometheus/alerts.yml "$work"
  touch "$work/token"
  check prometheus.yml promtool check config "$work/prometheus.yml"
fi
if has systemd-analyze "systemd units"; then
  for file in "${units[@]}"; do # programs and users of the installed machine are not here
    sed -E 's#^ExecStart=[^ ]+#ExecStart=/bin/true#; /^(User|Group)=/d' "$file" >"$work/$(basename "$file")"
    check "$file" accepts_unit "$work/$(basename "$file")"
  done
fi
if has nginx "the proxy's configuration" && has openssl "the proxy's configuration"; then
  check make_authority.sh infra/tls/make_authority.sh "$work/tls" coordinator.lab 1
  sed "s#/etc/lookalike/tls#$work/tls#; s#/run/nginx.pid#$work/pid#; s#/var/log/nginx#$work#" infra/tls/nginx.conf >"$work/nginx.conf"
  check nginx.conf nginx -t -q -c "$work/nginx.conf"
fi
check infra/kuberay kubernetes-validate --strict --quiet --no-warn "${manifests[@]}"
check "Ray's own kinds" python infra/ray/check.py
if [ "${#powershells[@]}" -gt 0 ] && has pwsh "PowerShell scripts"; then
  for file in "${powershells[@]}"; do
    check "$file" pwsh -NoProfile -Command "\$found = Invoke-ScriptAnalyzer -Path $file -Severity Warning,Error; \$found; exit \$found.Count"
  done
fi
exit "$failed"
