from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from coordinator.errors import ListeningError, PortInUseError
from coordinator.listening import Listening


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_loopback_needs_no_certificate(host: str) -> None:
    assert Listening(host=host).url(80).startswith("http://")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "studio.example"])
def test_other_addresses_are_refused_without_tls_or_an_explicit_word(host: str) -> None:
    with pytest.raises(ListeningError, match="tokens in clear"):
        Listening(host=host)
    assert Listening(host=host, allows_clear_text=True).host == host


def test_a_certificate_lets_it_listen_anywhere(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    listening = Listening(host="0.0.0.0", certificate=certificate, key=key)
    listening.check()
    assert listening.url(8420) == "https://0.0.0.0:8420"


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    key.chmod(0o644)
    with pytest.raises(ListeningError, match="chmod 600"):
        Listening(certificate=certificate, key=key).check()


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    certificate.write_text("nothing")
    with pytest.raises(ListeningError, match=r"cert\.pem"):
        Listening(certificate=certificate, key=key).check()
    with pytest.raises(ListeningError, match="name both"):
        Listening(certificate=certificate)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        with pytest.raises(PortInUseError, match=str(taken.getsockname()[1])):
            Listening(port=taken.getsockname()[1]).free_port()
    assert Listening(port=0).free_port() > 0
