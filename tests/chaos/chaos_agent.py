"""An agent without a creator: the real uplink and spool, pictures of one colour: python chaos_agent.py CONFIG.json NAME

It is killed and started again by the test. Every acknowledged chunk is a line in its progress file.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from capturing import frame

from agents.errors import AgentError
from agents.spool import Spool
from agents.uplink import Uplink, UplinkConfig
from creator.profile_file import load_profile
from protocol.chunk import write_chunk
from protocol.lease import LeaseGrant, LeaseRequest, Report

CHUNK_FRAMES = 25


def main(config: dict[str, Any], name: str) -> None:
    folder = Path(config["folder"])
    token = (folder / f"{name}.token").read_text().strip()
    patience = UplinkConfig(first_pause_seconds=0.1, longest_pause_seconds=1.0, timeout_seconds=20.0)
    uplink = Uplink(f"http://127.0.0.1:{config['port']}", token, wait=threading.Event().wait, config=patience)
    spool = Spool(folder / "spool" / name, 1 << 28)
    for lease_id in sorted({chunk.lease_id for chunk in spool.open()}):
        spool.drop(lease_id)
        tell(uplink, Report(lease_id, name, "given_back", 0))
    while True:
        reply = uplink.lease(LeaseRequest(name, load_profile("small").hash, "c", "1"))
        if reply.grant is not None:
            do_shard(uplink, spool, reply.grant, name, folder)
        elif reply.no_work is not None and reply.no_work.is_finished:
            return
        else:
            time.sleep(0.3)


def do_shard(uplink: Uplink, spool: Spool, grant: LeaseGrant, name: str, folder: Path) -> None:
    num_frames = len(grant.shard.characters)
    try:
        for number, first in enumerate(range(0, num_frames, CHUNK_FRAMES)):
            steps = range(first, min(first + CHUNK_FRAMES, num_frames))
            data = write_chunk([frame(grant, step, agent=name) for step in steps])
            spooled = spool.put(grant.lease_id, number, data)
            uplink.send_chunk(grant.lease_id, spooled.read())
            spool.acknowledge(spooled)
            with (folder / f"{name}.progress").open("a") as progress:
                progress.write(f"{time.time()}\n")
        uplink.report(Report(grant.lease_id, name, "done", num_frames))
    except AgentError as error:
        print(f"{name}: {grant.lease_id}: {error}", flush=True)
        spool.drop(grant.lease_id)


def tell(uplink: Uplink, report: Report) -> None:
    try:
        uplink.report(report)
    except AgentError as error:
        print(f"{report.agent}: {error}", flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
