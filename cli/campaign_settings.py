"""What a campaign's coordinator is told, on a Ray of its own or on a cluster: the options, and the configuration they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from coordinator.serve_app import ServeConfig

DataOption = Annotated[str, typer.Option("--data", help="Where the tables live: a folder or s3://bucket/prefix.")]
ProfileOption = Annotated[str, typer.Option("--profile", help="The creator's profile: a name or a file.")]
SweepsOption = Annotated[list[str] | None, typer.Option("--sweep", help="A sweep file; may be given several times.")]
TokensOption = Annotated[Path, typer.Option("--tokens", help="The file with the hashes of issued tokens.")]
HostOption = Annotated[str, typer.Option("--host", help="The address that the gateway listens on.")]
PortOption = Annotated[int, typer.Option("--port", help="The gateway's port; 0 takes a free one.")]
CertificateOption = Annotated[Path | None, typer.Option("--certificate", help="TLS: the certificate (PEM).")]
KeyOption = Annotated[Path | None, typer.Option("--key", help="TLS: its key (PEM), readable by you alone.")]
ClearTextOption = Annotated[
    bool, typer.Option("--allow-clear-text", help="Listen elsewhere without TLS, as behind a proxy that has it.")
]
GatewaysOption = Annotated[int, typer.Option("--gateways", min=1, help="How many gateway replicas.")]
EmbeddersOption = Annotated[int, typer.Option("--embedders", min=1, help="How many embedding actors.")]
MaxEmbeddersOption = Annotated[
    int, typer.Option("--max-embedders", min=0, help="Up to how many of them while chunks wait; 0: no more.")
]
RecogniserOption = Annotated[str, typer.Option("--recogniser", help="The recognition network.")]
EmbeddingDeviceOption = Annotated[
    str, typer.Option("--embedding-device", help="What the network runs on: cpu, cuda, torch-cuda, ...")
]
EmbeddingGpusOption = Annotated[
    float, typer.Option("--embedding-gpus", min=0, help="The share of a GPU that each embedding actor takes.")
]
LogOption = Annotated[Path, typer.Option("--log", help="Its log, one JSON object a line.")]
MetricsOption = Annotated[Path, typer.Option("--metrics", help="The folder for Prometheus: token and list of targets.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """As told on the command line, paths made absolute: Ray's processes have folders of their own."""

    data: str
    profile: str
    sweeps: tuple[str, ...]
    tokens: str
    host: str
    port: int
    certificate: str
    key: str
    allows_clear_text: bool
    gateways: int
    embedders: int
    max_embedders: int = 0
    recogniser: str
    embedding_device: str
    embedding_gpus: float
    log: str
    metrics: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"sweeps": list(self.sweeps)}

    def serve_config(self) -> ServeConfig:
        """Raises LookalikeError for a profile, a sweep or an address that cannot be: before anything starts."""
        from coordinator.coordinator_actor import CoordinatorConfig  # Ray takes seconds to import
        from coordinator.listening import Listening
        from coordinator.serve_app import ServeConfig
        from coordinator.sweep import load_sweeps
        from creator.profile_file import load_profile
        from telemetry.folder import MetricsFolder

        load_profile(self.profile)
        listening = Listening(
            host=self.host,
            port=self.port,
            certificate=Path(self.certificate) if self.certificate else None,
            key=Path(self.key) if self.key else None,
            allows_clear_text=self.allows_clear_text,
        )
        coordinator = CoordinatorConfig(
            data_url=self.data,
            profile=self.profile,
            sweeps=tuple(spec for path in self.sweeps for spec in load_sweeps(path)),
            figures=MetricsFolder(self.metrics).prepare(),
            log=self.log,
        )
        return ServeConfig(
            coordinator=coordinator,
            tokens_path=self.tokens,
            recogniser=self.recogniser,
            listening=listening,
            num_gateways=self.gateways,
            num_embedders=self.embedders,
            max_embedders=self.max_embedders,
            embedder_device=self.embedding_device,
            embedder_gpus=self.embedding_gpus,
        )


def settings(
    *,
    data: str,
    profile: str,
    sweeps: Sequence[str] | None,
    tokens: Path,
    certificate: Path | None,
    key: Path | None,
    log: Path,
    metrics: Path,
    **others: Any,
) -> CampaignSettings:
    """From the options as they are told."""
    return CampaignSettings(
        data=data if "://" in data else str(Path(data).absolute()),
        profile=str(Path(profile).absolute()) if Path(profile).suffix else profile,
        sweeps=tuple(str(Path(sweep).absolute()) if Path(sweep).exists() else sweep for sweep in sweeps or ()),
        tokens=str(tokens.absolute()),
        certificate=_absolute(certificate),
        key=_absolute(key),
        log=str(log.absolute()),
        metrics=str(metrics.absolute()),
        **others,
    )


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
