#!/usr/bin/env python3
"""Writes foreign.safetensors: weights in PyTorch's names and shapes, saved by the safetensors library (not by us).

nn.LSTM(2, 3) as layer 0 and nn.Linear(3, 1) as layer 1. Element i of a tensor (reading order) is base + i / 64, with a base of its own, so
that every value is exact and every place can be told from every other.
"""
import pathlib

import torch
from safetensors.torch import save_file

BASES = {"weight_ih_l0": 1, "weight_hh_l0": 2, "bias_ih_l0": 3, "bias_hh_l0": 4, "weight": 5, "bias": 6}


def fill(prefix, module):
    tensors = {}
    for name, tensor in module.state_dict().items():
        count = torch.arange(tensor.numel(), dtype=torch.float32).reshape(tensor.shape)
        tensors[f"{prefix}.{name}"] = BASES[name] + count / 64
    return tensors


save_file({**fill(0, torch.nn.LSTM(2, 3)), **fill(1, torch.nn.Linear(3, 1))}, pathlib.Path(__file__).parent / "foreign.safetensors", metadata={"format": "pt"})
