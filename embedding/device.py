"""What a network runs on: a program that runs ONNX networks, on a kind of processor, in a precision."""

from __future__ import annotations

from dataclasses import dataclass

from embedding.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Device:
    """`providers` are onnxruntime's; empty: torch runs the network, on `torch_device`.

    `batch_tolerance` is the largest difference between a row of a batch and the same row alone, as a share of the embedding's
    length, that rounding explains: GPUs choose another way of calculating for another batch. `batch_faces` is what a run of
    the network takes at most; on a processor more than 32 only cost memory, the time per face no longer falls.
    """

    providers: tuple[str, ...] = ()
    torch_device: str = ""
    is_half: bool = False
    batch_tolerance: float = 1e-3
    batch_faces: int = 256


DEVICES = {
    "cpu": Device(("CPUExecutionProvider",), batch_tolerance=1e-5, batch_faces=32),
    "cuda": Device(("CUDAExecutionProvider", "CPUExecutionProvider")),
    "tensorrt": Device(("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"), is_half=True),
    "torch-cpu": Device(torch_device="cpu", batch_tolerance=1e-5, batch_faces=32),
    "torch-cpu-half": Device(torch_device="cpu", is_half=True, batch_tolerance=1e-2, batch_faces=32),
    "torch-cuda": Device(torch_device="cuda"),
    "torch-cuda-half": Device(torch_device="cuda", is_half=True),
}
"""`cpu`, `cuda` and `tensorrt` are onnxruntime's; `torch-...` run the same weights where onnxruntime has no GPU build.
`tensorrt` and `...-half` calculate in 16 bits: embeddings differ in the third digit, so use one kind for one table.
`torch-cpu-half` wants a processor that multiplies bfloat16 (AVX512-BF16, AMX): there dlib's network takes 57 % of the time, its
embeddings move by 1.2 % of the mean distance of random characters, and a recapture's noise is 4.65 % instead of 4.54."""


def check_device(name: str) -> Device:
    """Raises DeviceError naming the known ones."""
    if name not in DEVICES:
        raise DeviceError(f"There is no device {name!r}. Known ones: {', '.join(DEVICES)}.")
    return DEVICES[name]
