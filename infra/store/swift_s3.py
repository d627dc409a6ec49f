"""OpenStack Swift with its S3 interface, all servers on loopback: an S3 server on which two writers can win the same key.

    python infra/store/swift_s3.py FOLDER PORT      in an environment that has swift==2.38.3

Runs until it is ended; says `ready` on a line. User `lookalike:lookalike`, key `lookalike-secret`. For tests only.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path

SECRET = "lookalike-secret"
SERVERS = ("account", "container", "object")


def main(folder: Path, port: int) -> None:
    ports = {name: port + 1 + at for at, name in enumerate(SERVERS)}
    write_settings(folder, port, ports)
    from swift.common import utils  # type: ignore[import-not-found]  # of another environment

    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")  # Swift knows no other way
    make_rings(folder, ports)
    children = [serve(folder, name) for name in (*SERVERS, "proxy")]
    signal.signal(signal.SIGTERM, lambda *_: end(children))
    wait_for_answer(port)
    print("ready", flush=True)
    os.wait()
    end(children)


def write_settings(folder: Path, port: int, ports: dict[str, int]) -> None:
    common = f"swift_dir = {folder}\nbind_ip = 127.0.0.1\nworkers = 0\nlog_address = {folder}/no-log\nuser = root\n"
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = test\n[storage-policy:0]\nname = only\ndefault = yes\n"
    )
    for name, its_port in ports.items():
        (folder / "devices" / "sda1").mkdir(parents=True, exist_ok=True)
        app = "mem_object" if name == "object" else name
        (folder / f"{name}.conf").write_text(
            f"[DEFAULT]\n{common}bind_port = {its_port}\ndevices = {folder}/devices\nmount_check = false\n"
            f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{app}\n"
        )
    (folder / "proxy.conf").write_text(
        f"[DEFAULT]\n{common}bind_port = {port}\n"
        "[pipeline:main]\npipeline = cache listing_formats s3api tempauth copy slo proxy-server\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n"
        "[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:9\n"
        "[filter:listing_formats]\nuse = egg:swift#listing_formats\n"
        "[filter:copy]\nuse = egg:swift#copy\n[filter:slo]\nuse = egg:swift#slo\n"
        "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\ns3_acl = false\n"
        f"[filter:tempauth]\nuse = egg:swift#tempauth\nuser_lookalike_lookalike = {SECRET} .admin\n"
    )


def make_rings(folder: Path, ports: dict[str, int]) -> None:
    from swift.common.ring.builder import RingBuilder  # type: ignore[import-not-found]

    for name, port in ports.items():
        builder = RingBuilder(4, 1, 0)
        place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
        builder.add_dev({"region": 1, "zone": 1, "weight": 1.0, "device": "sda1", "meta": "", **place})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{name}.ring.gz"))


def serve(folder: Path, name: str) -> int:
    child = os.fork()
    if child:
        return child
    from swift.common.wsgi import run_wsgi  # type: ignore[import-not-found]

    os._exit(run_wsgi(str(folder / f"{name}.conf"), f"{name}-server") or 0)


def wait_for_answer(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def end(children: list[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
