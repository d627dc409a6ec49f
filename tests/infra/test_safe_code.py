"""What must not stand in the code: nothing is unpickled, unpacked unseen or run from data; secrets stay out."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "creator",
    "protocol",
    "telemetry",
    "standin",
    "agents",
    "dataset",
    "embedding",
    "coordinator",
    "trainer",
    "matcher",
    "cli",
)
FORBIDDEN = {
    "pickle.load", "pickle.loads", "marshal.loads", "shelve.open", "yaml.load", "eval", "exec", "os.system",
    "tar.extractall", "tar.extract", "archive.extractall", "tempfile.mktemp",
}  # fmt: skip
BLOCKS = "lk_" + "0123456789ab" + "_" + "e" * 64  # no token of anybody


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Calls by their dotted names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_run_or_unpickled_from_data(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno} {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name, call in calls(path)
        if name in FORBIDDEN or name.endswith((".extractall", ".read_pickle")) or _is_lax(name, call)
    ]
    assert found == []


def _is_lax(name: str, call: ast.Call) -> bool:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name == "torch.load":
        return given.get("weights_only") != "True"
    return given.get("allow_pickle") == "True" or given.get("shell") == "True" or given.get("verify") == "False"


def test_infra_files_pass_their_linters() -> None:
    ended = subprocess.run([ROOT / "infra" / "lint.sh"], capture_output=True, text=True, timeout=200)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the scan reads what git knows")
def test_the_project_and_its_history_hold_no_secret() -> None:
    ended = scan(ROOT)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_a_secret_in_a_file_or_in_the_history_is_found(tmp_path: Path) -> None:
    if shutil.which("detect-secrets") is None and not (ROOT / ".venv/bin/detect-secrets").exists():
        pytest.skip("detect-secrets comes with the extra dev")
    (tmp_path / "infra").mkdir()
    shutil.copy(ROOT / "infra" / "find_secrets.sh", tmp_path / "infra")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "clean.txt").write_text("nothing here\n")
    commit(tmp_path, "clean.txt")
    clean = scan(tmp_path)

    (tmp_path / "notes.txt").write_text(f"{BLOCKS}\n")
    commit(tmp_path, "notes.txt")
    (tmp_path / "notes.txt").write_text("taken out again\n")
    (tmp_path / "deploy.py").write_text(f"{'pass'}word = 'correct-horse-battery-staple'\n")
    commit(tmp_path, "notes.txt", "deploy.py")
    found = scan(tmp_path)

    assert clean.returncode == 0, clean.stderr
    assert found.returncode == 1
    assert "deploy.py:1" in found.stderr
    assert BLOCKS[:20] in found.stderr
    assert BLOCKS not in found.stderr


def scan(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "infra" / "find_secrets.sh"], capture_output=True, text=True, timeout=200)


def commit(folder: Path, *names: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    for arguments in (
        ["init", "-q"],
        ["add", *names],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_lab_authority_issues_a_certificate_that_verifies_and_keeps_keys_to_its_owner(tmp_path: Path) -> None:
    make = [ROOT / "infra" / "tls" / "make_authority.sh", tmp_path, "coordinator.lab", "30"]
    subprocess.run(make, check=True, capture_output=True)
    authority = (tmp_path / "authority.pem").read_bytes()
    subprocess.run(make, check=True, capture_output=True)  # renewal keeps the authority

    assert (tmp_path / "authority.pem").read_bytes() == authority
    verified = subprocess.run(
        ["openssl", "verify", "-CAfile", tmp_path / "authority.pem", "-verify_hostname", "coordinator.lab",
         tmp_path / "coordinator.lab.pem"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stderr
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}
