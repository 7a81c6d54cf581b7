"""What PyTorch makes of 1,000 random observations with agents of RL Baselines3 Zoo: python3 zoo.py AGENTS OUT.json.

AGENTS has folders <algorithm>-<environment> with <environment>.zip and, perhaps, vecnormalize.pkl. Networks are put together here by the names of the
weights, apart from what the package does.
"""
import io
import json
import pathlib
import pickle
import sys
import zipfile

import numpy as np
import torch

agents, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rng = np.random.default_rng(1)


class Anything:
    def __init__(self, *args):
        pass

    def __setstate__(self, state):
        if isinstance(state, dict):
            self.__dict__.update(state)


class Reader(pickle.Unpickler):
    """Knows numpy, and nothing else."""

    def find_class(self, module, name):
        return super().find_class(module, name) if module.startswith("numpy") else Anything


def layers(state, prefix):
    numbers = sorted({int(name[len(prefix) + 1:].split(".")[0]) for name in state if name.startswith(prefix + ".") and name.endswith("weight")})
    return [(state[f"{prefix}.{n}.weight"], state[f"{prefix}.{n}.bias"]) for n in numbers]


def run(x, stack, activation, last=True):
    for i, (weight, bias) in enumerate(stack):
        x = x @ weight.t() + bias
        if last or i < len(stack) - 1:
            x = activation(x)
    return x


result = {}
for folder in sorted(path for path in agents.iterdir() if path.is_dir()):
    algorithm, environment = folder.name.split("-", 1)
    files = zipfile.ZipFile(folder / f"{environment}.zip")
    state = torch.load(io.BytesIO(files.read("policy.pth")), map_location="cpu")
    size = next(value for name, value in state.items() if value.ndim == 2 and "0.weight" in name).shape[1]
    raw = rng.normal(size=(1000, size)) * rng.uniform(0.1, 3, size=size)
    raw = raw.astype(np.float32)
    seen = raw
    statistics = folder / "vecnormalize.pkl"
    if statistics.exists():
        normalize = Reader(io.BytesIO(statistics.read_bytes())).load()
        rms = normalize.obs_rms
        seen = np.clip((raw - rms.mean) / np.sqrt(rms.var + normalize.epsilon), -normalize.clip_obs, normalize.clip_obs).astype(np.float32)
    x = torch.tensor(seen)
    if algorithm == "dqn":
        output, kind = run(x, layers(state, "q_net.q_net"), torch.relu, last=False), "choice"
    elif algorithm == "sac":
        latent = run(x, layers(state, "actor.latent_pi"), torch.relu)
        output, kind = torch.tanh(torch.clamp(run(latent, layers(state, "actor.mu"), torch.relu, last=False), -2, 2)), "real"
    else:
        latent = run(x, layers(state, "mlp_extractor.policy_net"), torch.tanh)
        output = latent @ state["action_net.weight"].t() + state["action_net.bias"]
        kind = "real" if "log_std" in state else "choice"
    actions = output.argmax(1).double() if kind == "choice" else output.clamp(-1, 1).double()
    ordered = output.sort(1).values
    gap = (ordered[:, -1] - ordered[:, -2]).min().item() if kind == "choice" else None
    result[folder.name] = {"observations": raw.ravel().tolist(), "actions": actions.ravel().tolist(), "kind": kind, "gap": gap}
out.write_text(json.dumps(result))
