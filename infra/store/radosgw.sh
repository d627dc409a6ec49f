#!/bin/sh
# A real S3 server for tests on this machine: Ceph's radosgw with one monitor and one store in memory, on loopback.
#   infra/store/radosgw.sh start FOLDER PORT    needs: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-base
#   infra/store/radosgw.sh stop FOLDER
# Prints the variables that reach it. Everything it writes lies in FOLDER and is gone with it.
set -eu

start() {
    folder=$(mkdir -p "$1" && cd "$1" && pwd)
    port=$2
    mon_port=$((port + 1))
    fsid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$folder/mon" "$folder/osd" "$folder/rgw" "$folder/run"
    cat > "$folder/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $folder/keyring
run dir = $folder/run
admin socket = $folder/run/\$name.asok
log file = $folder/\$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
[mon.a]
mon data = $folder/mon
[osd.0]
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 4294967296
[client.rgw]
rgw data = $folder/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 64
CONF
    export CEPH_CONF="$folder/ceph.conf"
    ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *' > /dev/null
    ceph-authtool "$folder/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' > /dev/null
    ceph-authtool "$folder/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' > /dev/null
    ceph-authtool "$folder/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx' > /dev/null
    monmaptool -c "$CEPH_CONF" --create --addv a "[v2:127.0.0.1:$mon_port]" --fsid "$fsid" "$folder/monmap" > /dev/null
    ceph-mon -c "$CEPH_CONF" -i a --mkfs --monmap "$folder/monmap" --keyring "$folder/keyring"
    ceph-mon -c "$CEPH_CONF" -i a --pid-file "$folder/mon.pid"
    timeout 60 ceph -c "$CEPH_CONF" --connect-timeout 30 auth import -i "$folder/keyring" 2> /dev/null
    osd_uuid=$(cat /proc/sys/kernel/random/uuid)  # the monitor takes no store of another one
    timeout 60 ceph -c "$CEPH_CONF" osd new "$osd_uuid" > /dev/null
    ceph-osd -c "$CEPH_CONF" -i 0 --mkfs --osd-uuid "$osd_uuid" > /dev/null 2>&1
    ceph-osd -c "$CEPH_CONF" -i 0 --pid-file "$folder/osd.pid" > /dev/null
    radosgw -c "$CEPH_CONF" -n client.rgw --pid-file "$folder/rgw.pid"
    wait_for_answer "$port"
    timeout 60 radosgw-admin -c "$CEPH_CONF" user create --uid=lookalike --display-name=lookalike \
        --access-key=lookalike --secret=lookalike-secret > /dev/null
    echo "AWS_ENDPOINT_URL=http://127.0.0.1:$port"
    echo "AWS_ACCESS_KEY_ID=lookalike"
    echo "AWS_SECRET_ACCESS_KEY=lookalike-secret"
    echo "AWS_REGION=us-east-1"
}

wait_for_answer() {
    for _ in $(seq 120); do
        if curl -s -o /dev/null "http://127.0.0.1:$1/"; then return 0; fi
        sleep 0.5
    done
    echo "radosgw does not answer on port $1; see its log" >&2
    return 1
}

stop() {
    for name in rgw osd mon; do
        if [ -s "$1/$name.pid" ]; then kill "$(cat "$1/$name.pid")" 2> /dev/null || true; fi
    done
}

case "${1:-}" in
    start) start "$2" "$3" ;;
    stop) stop "$2" ;;
    *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac
