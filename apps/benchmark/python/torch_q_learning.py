"""Q-learning's cases of torch_micro.py: minibatch steps of DQN with its extensions and of PQN, and prioritized replay."""

import math

import torch
import torch.nn.functional as functional
from torch.nn import Conv2d, Flatten, LayerNorm, Linear, Module, Parameter, ReLU, Sequential
from torch.optim import Adam, RAdam

GAMMA = 0.99


class NoisyLinear(Module):
    """A linear layer with factorised Gaussian noise, drawn at every call."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.mean, self.deviation = Linear(inputs, outputs), Linear(inputs, outputs)
        for parameter in self.deviation.parameters():
            torch.nn.init.constant_(parameter, 0.5 / math.sqrt(inputs))

    def forward(self, x):
        mean, deviation = self.mean, self.deviation
        left, right = (normal.sign() * normal.abs().sqrt() for normal in (torch.randn(n) for n in mean.weight.shape))
        weight = mean.weight + deviation.weight * torch.outer(left, right)
        return functional.linear(x, weight, mean.bias + deviation.bias * left)


class QNetwork(Module):
    """From observations to [rows, actions, outputs]."""

    def __init__(self, images, widths, actions, outputs, dueling=False, noisy=False):
        super().__init__()
        layer = NoisyLinear if noisy else Linear
        *common, last = widths
        trunk = [*images]
        for width, following in zip(common, common[1:]):
            trunk += [layer(width, following), ReLU()]
        self.trunk = Sequential(*trunk)
        self.actions, self.outputs = actions, outputs

        def stream(n):
            return Sequential(layer(common[-1], last), ReLU(), layer(last, n))

        self.advantage = stream(actions * outputs)
        self.value = stream(outputs) if dueling else None

    def forward(self, x):
        x = self.trunk(x)
        advantage = self.advantage(x).view(-1, self.actions, self.outputs)
        if self.value is None:
            return advantage
        return self.value(x)[:, None] + advantage - advantage.mean(dim=1, keepdim=True)


class Expectation:
    """One output for each action."""

    outputs = 1

    def __init__(self, loss):
        self.loss = loss

    def values(self, outputs):
        return outputs[..., 0]

    def losses(self, prediction, following, rewards, discounts):
        goal = rewards + discounts * following[:, 0]
        return self.loss(prediction[:, 0], goal, reduction="none")


class Atoms:
    """Logits of returns between two bounds."""

    def __init__(self, low, high, atoms=51):
        self.outputs, self.low, self.spacing = atoms, low, (high - low) / (atoms - 1)
        self.support = torch.linspace(low, high, atoms)

    def values(self, outputs):
        return (outputs.softmax(dim=-1) * self.support).sum(dim=-1)

    def losses(self, prediction, following, rewards, discounts):
        returns = rewards[:, None] + discounts[:, None] * self.support
        position = ((returns - self.low) / self.spacing).clamp(0, self.outputs - 1)
        lower = position.floor().clamp(max=self.outputs - 2)
        share = position - lower
        mass = following.softmax(dim=1)
        goal = torch.zeros_like(mass)
        goal.scatter_add_(1, lower.long(), mass * (1 - share))
        goal.scatter_add_(1, lower.long() + 1, mass * share)
        return -(goal * prediction.log_softmax(dim=1)).sum(dim=1)


class Quantiles:
    """Quantiles of the return."""

    def __init__(self, quantiles):
        self.outputs = quantiles
        self.levels = ((torch.arange(quantiles) + 0.5) / quantiles)[:, None]

    def values(self, outputs):
        return outputs.mean(dim=-1)

    def losses(self, prediction, following, rewards, discounts):
        returns = rewards[:, None] + discounts[:, None] * following
        prediction, returns = torch.broadcast_tensors(prediction[:, :, None], returns[:, None])
        weight = (self.levels - (returns < prediction).float()).abs()
        return (weight * functional.smooth_l1_loss(prediction, returns, reduction="none")).sum(dim=1).mean(dim=1)


def q_learning(observations, next_observations, images, widths, actions, head, double=False, **shape):
    """A step of DQN with a target network that stays as it is."""
    online, target = (QNetwork(images(), widths, actions, head.outputs, **shape) for _ in range(2))
    target.load_state_dict(online.state_dict())
    optimizer = Adam(online.parameters(), lr=2.5e-4)
    batch = len(observations)
    rows, taken = torch.arange(batch), torch.randint(actions, (batch,))
    rewards, discounts = torch.randn(batch), GAMMA * torch.rand(batch).lt(0.95).float()
    weights = 0.5 + 0.5 * torch.rand(batch)

    def step():
        with torch.no_grad():
            following = target(next_observations)
            chooser = online(next_observations) if double else following
            following = following[rows, head.values(chooser).argmax(dim=1)]
        prediction = online(observations)[rows, taken]
        loss = (weights * head.losses(prediction, following, rewards, discounts)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def cart_pole(head=Expectation(functional.mse_loss), batch=128, **options):
    return q_learning(*torch.randn(2, batch, 4), lambda: [], [4, 120, 84], 2, head, **options)


def minatar(head=Expectation(functional.smooth_l1_loss), batch=32, **options):
    observations = torch.randint(2, (2, batch, 4, 10, 10)).float()
    return q_learning(
        *observations, lambda: [Conv2d(4, 16, 3), ReLU(), Flatten()], [16 * 8 * 8, 128], 6, head, **options
    )


def pqn(batch=128):
    network = Sequential(
        *(Linear(4, 120), LayerNorm(120), ReLU()), *(Linear(120, 84), LayerNorm(84), ReLU()), Linear(84, 2)
    )
    optimizer = RAdam(network.parameters(), lr=2.5e-4)
    observations, actions, returns = torch.randn(batch, 4), torch.randint(2, (batch, 1)), torch.randn(batch)

    def step():
        loss = functional.mse_loss(network(observations).gather(1, actions)[:, 0], returns)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
        optimizer.step()

    return step


class SumTree:
    """Node k has the children 2k and 2k + 1; a batch goes through the tree level by level."""

    def __init__(self, priorities):
        self.depth = math.ceil(math.log2(len(priorities)))
        self.nodes = torch.zeros(2 << self.depth, dtype=torch.float64)
        self.nodes[1 << self.depth :][: len(priorities)] = priorities
        for level in reversed(range(self.depth)):
            children = self.nodes[2 << level : 4 << level]
            self.nodes[1 << level : 2 << level] = children[0::2] + children[1::2]

    def find(self, mass):
        node = torch.ones_like(mass, dtype=torch.long)
        for _ in range(self.depth):
            node = 2 * node
            left = self.nodes[node]
            goes_right = mass >= left
            mass = torch.where(goes_right, mass - left, mass)
            node = node + goes_right
        return node - (1 << self.depth)

    def set(self, rows, priorities):
        node = rows + (1 << self.depth)
        self.nodes[node] = priorities
        for _ in range(self.depth):
            node = node // 2
            self.nodes[node] = self.nodes[2 * node] + self.nodes[2 * node + 1]


def prioritized_replay(capacity=1_000_000, batch=128):
    tree = SumTree(torch.ones(capacity, dtype=torch.float64))
    columns = [torch.randn(capacity, 4), torch.randn(capacity, 4), *torch.randn(3, capacity)]
    errors = torch.randn(batch, dtype=torch.float64)
    strata = torch.arange(batch)

    @torch.no_grad()
    def step():
        rows = tree.find((strata + torch.rand(batch, dtype=torch.float64)) * (tree.nodes[1] / batch))
        priorities = tree.nodes[rows + (1 << tree.depth)]
        weights = (priorities.min() / priorities) ** 0.4
        minibatch = [column[rows] for column in columns]
        tree.set(rows, (errors.abs() + 1e-6) ** 0.6)
        return weights, minibatch

    return step
