"""Does a cluster's head answer somebody who has no token? Asked over its own gRPC, without Ray."""

from __future__ import annotations

import time
from pathlib import Path

import grpc

from cluster.errors import ClusterError, NoClusterError, OpenClusterError

_METHOD = "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo"


def check_locked(address: str, token: Path, timeout_seconds: float = 5.0) -> None:
    """Raises OpenClusterError, ClusterError when the token is not its own, NoClusterError when nobody is there."""
    if _is_answered(address, (), timeout_seconds):
        raise OpenClusterError(
            f"The Ray cluster at {address} answers without a token: whoever reaches it runs code here. It must not run so"
        )
    secret = token.read_text(encoding="ascii").strip()
    if not _is_answered(address, (("authorization", f"Bearer {secret}"),), timeout_seconds):
        raise ClusterError(f"The Ray cluster at {address} refuses the token in {token}: it is another cluster's")


def wait_until_locked(address: str, token: Path, patience_seconds: float = 120.0) -> None:
    """As `check_locked`, of a head that may be starting just now."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            check_locked(address, token)
        except NoClusterError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
        else:
            return


def _is_answered(address: str, metadata: tuple[tuple[str, str], ...], timeout_seconds: float) -> bool:
    """Raises NoClusterError when nobody is there."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        call = channel.unary_unary(_METHOD, request_serializer=bytes, response_deserializer=bytes)
        try:
            call(b"", timeout=timeout_seconds, metadata=metadata)
        except grpc.RpcError as error:
            code = error.code()
            if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
                return False
            if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise NoClusterError(f"No Ray cluster answers at {address}") from error
            return True  # whatever else it says: it listened to a stranger
        return True
