"""The cases of `gradus bench micro` in PyTorch, timed on request.

Called as `torch_micro.py THREADS`. Writes {"torch": version, "gflops": speed, "error": error} first; then answers every line
{"case": name, "seconds": s} of standard input with {"us": microseconds per step, "peak_mib": the most memory that this process
has held}. Ends with its input.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as functional
import torch_rlhf
from torch.nn import Embedding, LayerNorm, Linear, Module, ModuleList, Parameter, Sequential, Tanh
from torch.optim import Adam, AdamW

from torch_actor_critic import crossq, d4pg, ddpg, descend, network, sac, td3, tqc
from torch_cart_pole import dqn_loop
from torch_pendulum import ddpg_loop, sac_loop, td3_loop
from torch_q_learning import Atoms, Quantiles, cart_pole, minatar, pqn, prioritized_replay


def ppo(batch):
    actor = network(4, 64, 64, 2, activation=Tanh)
    critic = network(4, 64, 64, 1, activation=Tanh)
    parameters = [*actor.parameters(), *critic.parameters()]
    optimizer = Adam(parameters, lr=2.5e-4, eps=1e-5)
    observations = torch.randn(batch, 4)
    actions = torch.randint(2, (batch, 1))
    old_log_probabilities = torch.full((batch,), -math.log(2))
    raw_advantages, returns, old_values = torch.randn(3, batch)

    def step():
        log_policy = functional.log_softmax(actor(observations), dim=-1)
        log_probabilities = log_policy.gather(1, actions)[:, 0]
        ratio = torch.exp(log_probabilities - old_log_probabilities)
        advantages = (raw_advantages - raw_advantages.mean()) / (raw_advantages.std() + 1e-8)
        policy_loss = -torch.minimum(ratio * advantages, torch.clamp(ratio, 0.8, 1.2) * advantages).mean()
        values = critic(observations)[:, 0]
        near = old_values + torch.clamp(values - old_values, -0.2, 0.2)
        value_loss = 0.5 * torch.maximum((values - returns).square(), (near - returns).square()).mean()
        entropy = -(log_policy.exp() * log_policy).sum(dim=-1).mean()
        optimizer.zero_grad()
        (policy_loss + 0.5 * value_loss - 0.01 * entropy).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 0.5)
        optimizer.step()

    return step


def reinforce(steps):
    actor = network(4, 64, 64, 2, activation=Tanh)
    baseline = network(4, 64, 64, 1, activation=Tanh)
    optimizer = Adam([*actor.parameters(), *baseline.parameters()], lr=1e-3)
    observations = torch.randn(steps, 4)
    actions = torch.randint(2, (steps, 1))
    returns = torch.randn(steps)

    def step():
        values = baseline(observations)[:, 0]
        raw = (returns - values).detach()
        advantages = (raw - raw.mean()) / (raw.std() + 1e-8)
        log_probabilities = functional.log_softmax(actor(observations), dim=-1).gather(1, actions)[:, 0]
        descend(optimizer, (values - returns).square().mean() - (advantages * log_probabilities).mean())

    return step


class CausalAttention(Module):
    def __init__(self, width, heads, time):
        super().__init__()
        self.heads = heads
        self.query_key_value, self.projection = Linear(width, 3 * width), Linear(width, width)
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        self.register_buffer("mask", torch.zeros(time, time).masked_fill(future, -math.inf))

    def forward(self, x):
        batch, time, width = x.shape
        parts = self.query_key_value(x).reshape(batch, time, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        if hasattr(functional, "scaled_dot_product_attention"):
            y = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
            y = torch.softmax(scores + self.mask, dim=-1) @ value
        return self.projection(y.transpose(1, 2).reshape(batch, time, width))


class Gpt(Module):
    def __init__(self, vocabulary=512, width=128, heads=4, blocks=4, time=128):
        super().__init__()
        self.tokens = Embedding(vocabulary, width)
        self.positions = Parameter(0.02 * torch.randn(time, width))
        self.attentions = ModuleList(
            Sequential(LayerNorm(width), CausalAttention(width, heads, time)) for _ in range(blocks)
        )
        self.mlps = ModuleList(
            Sequential(LayerNorm(width), Linear(width, 4 * width), torch.nn.GELU(), Linear(4 * width, width))
            for _ in range(blocks)
        )
        self.head = Sequential(LayerNorm(width), Linear(width, vocabulary, bias=False))

    def forward(self, numbers):
        x = self.tokens(numbers) + self.positions
        for attention, mlp in zip(self.attentions, self.mlps):
            x = x + attention(x)
            x = x + mlp(x)
        return self.head(x)


def gpt(batch=16, time=128, vocabulary=512):
    model = Gpt()
    optimizer = AdamW(model.parameters(), lr=3e-4)
    text = torch.randint(vocabulary, (batch, time + 1))
    numbers, following = text[:, :-1].contiguous(), text[:, 1:].flatten()
    return lambda: descend(optimizer, functional.cross_entropy(model(numbers).flatten(0, 1), following))


def cem(population, *widths):
    """Cross-entropy method for as many parameters as a network has: the best 10 by their norm, and noise of variance 0.001."""
    size = sum(inputs * units + units for inputs, units in zip(widths, widths[1:]))
    mean, deviation = torch.zeros(size), torch.ones(size)

    @torch.no_grad()
    def step():
        nonlocal mean, deviation
        candidates = mean + deviation * torch.randn(population, size)
        utilities = -candidates.square().mean(1)
        elite = candidates[utilities.topk(10).indices]
        mean = elite.mean(0)
        deviation = (elite.var(0, unbiased=False) + 1e-3).sqrt()

    return step


def gpt_forward(batch=16, time=128, vocabulary=512):
    model = Gpt()
    numbers = torch.randint(vocabulary, (batch, time))

    @torch.no_grad()
    def step():
        model(numbers)

    return step


CASES = {
    "ppo_mb128_4-64-64": lambda: ppo(128),
    "ppo_mb1024_4-64-64": lambda: ppo(1024),
    "reinforce_b1024_4-64-64": lambda: reinforce(1024),
    "dqn_b128_4-120-84-2": cart_pole,
    "double_b128_4-120-84-2": lambda: cart_pole(double=True),
    "dueling_b128_4-120-84-2": lambda: cart_pole(dueling=True),
    "noisy_b128_4-120-84-2": lambda: cart_pole(noisy=True),
    "c51_b128_4-120-84-2": lambda: cart_pole(Atoms(-10, 10)),
    "qrdqn_b128_4-120-84-2": lambda: cart_pole(Quantiles(10)),
    "rainbow_b128_4-120-84-2": lambda: cart_pole(Atoms(-10, 10), double=True, dueling=True, noisy=True),
    "minatar_dqn_b32": minatar,
    "minatar_rainbow_b32": lambda: minatar(Atoms(0, 20), double=True, dueling=True, noisy=True),
    "prioritized_replay_1e6_b128": prioritized_replay,
    "dqn_cartpole_1e6": dqn_loop,
    "pqn_mb128_4-120-84-2": pqn,
    "ddpg_b256_256-256": ddpg,
    "sac_b256_256-256": sac,
    "td3_b256_256-256": td3,
    "crossq_b256_256-256": crossq,
    "tqc_b256_256-256": tqc,
    "d4pg_b256_256-256": d4pg,
    "ddpg_pendulum": ddpg_loop,
    "td3_pendulum": td3_loop,
    "sac_pendulum": sac_loop,
    "cem_p200_4-2": lambda: cem(200, 4, 2),
    "cem_p100_4-64-64-2": lambda: cem(100, 4, 64, 64, 2),
    "gpt_l4_d128_t128_b16_v512": gpt,
    "gpt_forward_l4_d128_t128_b16_v512": gpt_forward,
    "rlhf_sft_b64": torch_rlhf.sft,
    "rlhf_reward_b64": torch_rlhf.reward,
    "rlhf_dpo_b64": torch_rlhf.dpo,
    "rlhf_generate_b96": torch_rlhf.generate,
    "rlhf_rloo_k2_b96": torch_rlhf.rloo,
    "rlhf_ppo_b96": torch_rlhf.ppo,
}

def peak_mib():
    if sys.platform != "linux":
        # Bytes on macOS, KiB elsewhere.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    # ru_maxrss would begin with what the process held that started this one.
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 2**10


def microseconds(step, seconds):
    """Per call, over as many calls as fill the time; the clock is read after groups of calls."""
    calls, group = 0, 1
    start = time.perf_counter()
    while True:
        for _ in range(group):
            step()
        calls += group
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return elapsed / calls * 1e6
        group = max(1, min(200, int(calls / elapsed * seconds / 10)))


def gflops(size=256):
    """The best of a few tries: other processes can only slow it down."""
    a, b = torch.randn(2, size, size)
    return 2 * size**3 / min(microseconds(lambda: a @ b, 0.05) for _ in range(5)) / 1e3


def product_error():
    """The largest error of products of several shapes and layouts against float64, in parts of what rounding may do at most; None if one is no number."""
    worst = 0.0
    for m, k, n in [(1, 64, 2), (128, 4, 120), (256, 256, 256), (257, 129, 65), (512, 2048, 128)]:
        for turn_left in (False, True):
            for turn_right in (False, True):
                left = torch.randn(k, m).t() if turn_left else torch.randn(m, k)
                right = torch.randn(n, k).t() if turn_right else torch.randn(k, n)
                exact = left.double() @ right.double()
                bound = (k + 1) * 2**-24 * (left.double().abs() @ right.double().abs())
                error = ((left @ right).double() - exact).abs().div(bound).max().item()
                if not math.isfinite(error):
                    return None
                worst = max(worst, error)
    return round(worst, 3)


def answer(value):
    print(json.dumps(value), flush=True)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(0)
    answer({"torch": torch.__version__, "gflops": round(gflops(), 1), "error": product_error()})
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        name, seconds = request["case"], request["seconds"]
        if name not in steps:
            steps[name] = CASES[name]()
            microseconds(steps[name], min(1, seconds / 2))
        took = microseconds(steps[name], seconds)
        answer({"us": took, "peak_mib": peak_mib()})


main()
