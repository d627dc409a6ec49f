#!/usr/bin/env bash
# A certificate authority of one's own and a certificate for a host, for networks where nobody else issues any.
# Usage: make_authority.sh FOLDER HOST [DAYS]. Run again before the certificate ends: the authority is kept, so agents need nothing new.
set -euo pipefail
umask 077 # keys are their owner's alone from the first byte on
folder=${1:?usage: make_authority.sh FOLDER HOST [DAYS]}
host=${2:?usage: make_authority.sh FOLDER HOST [DAYS]}
days=${3:-90}

mkdir -p "$folder"
authority=$folder/authority
if [ ! -f "$authority.key" ]; then
  openssl ecparam -genkey -name prime256v1 -noout -out "$authority.key"
  openssl req -x509 -new -sha256 -days 3650 -key "$authority.key" -out "$authority.pem" \
    -subj "/CN=lookalike authority" -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
fi

case $host in
  *[!0-9.]*) name=DNS:$host ;;
  *) name=IP:$host ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$name" >"$work/extensions"
openssl ecparam -genkey -name prime256v1 -noout -out "$work/key"
openssl req -new -sha256 -key "$work/key" -subj "/CN=$host" -out "$work/request"
openssl x509 -req -sha256 -days "$days" -in "$work/request" -CA "$authority.pem" -CAkey "$authority.key" -CAcreateserial \
  -extfile "$work/extensions" -out "$work/certificate" 2>/dev/null
mv "$work/key" "$folder/$host.key"
mv "$work/certificate" "$folder/$host.pem"
chmod 644 "$authority.pem" "$folder/$host.pem"
echo "Certificate $folder/$host.pem, key $folder/$host.key, for $days days. Agents trust $authority.pem."
