"""A small gated network with residual steps, shared by the affinity and the slider network.

Shape letters: N rows, H hidden width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ResidualStack(nn.Module):
    """(N, inputs) to (N, outputs); begins at zero output, so that it corrects what it is added to."""

    def __init__(self, inputs: int, outputs: int, *, width: int, num_blocks: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(num_blocks))
        self.inner = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(num_blocks))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(num_blocks))
        self.leave = nn.Linear(width, outputs)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, inputs_NX: Tensor) -> Tensor:
        hidden_NH = self.enter(inputs_NX)
        for norm, inner, outer in zip(self.norms, self.inner, self.outer, strict=True):
            value_NH, gate_NH = inner(norm(hidden_NH)).chunk(2, dim=-1)
            hidden_NH = hidden_NH + outer(self.dropout(value_NH * torch.sigmoid(gate_NH) * 2))
        outputs: Tensor = self.leave(hidden_NH)
        return outputs
