#!/usr/bin/env bash
# Looks for secrets in the project's files and in its history. Ends with 1 and names the places where there are any.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
# Made-up ones of tests: each is a word that nobody would take for a real secret.
invented='hunter2|EXAMPLE|wJalrXUtnFEMI|hush-hush|"secret"|not-a-secret|lookalike-secret'
# Names of a folder and of Kubernetes' secret; the scanner unfolds YAML's anchors and names lines elsewhere.
names='^(lookalike|secrets)$'
known_kinds='lk_[0-9a-f]{12}_[0-9a-f]{64}|-----BEGIN ([A-Z]+ )?PRIVATE KEY|\b(AKIA|ASIA)[0-9A-Z]{16}\b|gh[pousr]_[A-Za-z0-9]{36}'

mapfile -t files < <(git ls-files | grep -vE '\.(png|webp|jpg|otf|ttf|onnx)$|^requirements\.lock$|^benchmarks/results/')
# Hashes are no secrets, and files are pinned by theirs, so high entropy alone says nothing here.
found=$(detect-secrets scan --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString \
  --exclude-secrets "$invented" --exclude-secrets "$names" --exclude-lines "$invented" "${files[@]}" |
  python3 -c '
import json, sys
for name, places in json.load(sys.stdin)["results"].items():
    for place in places:
        print(name, place["line_number"], place["type"], sep=":")')
history=$(git log -p --all --no-color -- . ':!requirements.lock' | grep -aE '^[+-]' | grep -aEo "$known_kinds" | grep -vE "$invented" | sort -u | cut -c1-24 || true)
[ -z "$found" ] || printf 'Secrets in files:\n%s\n' "$found" >&2
[ -z "$history" ] || printf 'Secrets in the history (beginnings):\n%s\n' "$history" >&2
[ -z "$found$history" ]
