"""Half as many bits where a processor multiplies them faster and a network learns as much."""

from __future__ import annotations

import torch


def fast_products(device: torch.device) -> torch.autocast:
    """Within it, matrix products take bfloat16 where `device` has instructions for them; elsewhere nothing changes.

    Weights, sums over a batch and steps keep 32 bits. Only for training: what is measured is computed in full.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=multiplies_bfloat16(device))


def multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))
    return False
