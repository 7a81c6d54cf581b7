"""Actors with critics: minibatch steps of DDPG, TD3, SAC, TQC, CrossQ and D4PG, and what other cases of torch_micro.py share with them.

Each of the `…_agent`s is an actor, or what draws its actions, and a function that learns from a minibatch of transitions.
"""

import math

import torch
import torch.nn.functional as functional
from torch.nn import BatchNorm1d, Linear, Module, ModuleList, ReLU, Sequential, Tanh
from torch.optim import Adam

from torch_q_learning import Atoms

GAMMA = 0.99
TAU = 0.005


def network(*widths, activation=ReLU, end=()):
    """Linear layers between the given widths, with an activation after all but the last."""
    layers = []
    for width, following in zip(widths, widths[1:]):
        layers += [Linear(width, following), activation()]
    return Sequential(*layers[:-1], *end)


def with_target(make):
    """A network and its copy that is never differentiated."""
    online, target = make(), make()
    target.load_state_dict(online.state_dict())
    return online, target.requires_grad_(False)


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def follow(online, target):
    for source, copy in zip(online.parameters(), target.parameters()):
        copy.lerp_(source, TAU)


def pair(observations, actions):
    return torch.cat([observations, actions], dim=1)


def fixed(learn, batch=256):
    """Learns from the same transitions of Pendulum again and again: 3 numbers observed, 1 action."""
    observations, next_observations = torch.randn(2, batch, 3)
    actions = 2 * torch.rand(batch, 1) - 1
    transitions = observations, actions, torch.randn(batch, 1), next_observations, torch.zeros(batch, 1)
    return lambda: learn(*transitions)


def ddpg_agent():
    actor, actor_target = with_target(lambda: network(3, 256, 256, 1, end=[Tanh()]))
    critic, critic_target = with_target(lambda: network(4, 256, 256, 1))
    actor_optimizer, critic_optimizer = Adam(actor.parameters()), Adam(critic.parameters())

    def learn(observations, actions, rewards, next_observations, terminated):
        with torch.no_grad():
            next_q = critic_target(pair(next_observations, actor_target(next_observations)))
            goal = rewards + GAMMA * (1 - terminated) * next_q
        descend(critic_optimizer, functional.mse_loss(critic(pair(observations, actions)), goal))
        descend(actor_optimizer, -critic(pair(observations, actor(observations))).mean())
        follow(actor, actor_target)
        follow(critic, critic_target)

    return actor, learn


def td3_agent(policy_delay=2):
    actor, actor_target = with_target(lambda: network(3, 256, 256, 1, end=[Tanh()]))
    (critic1, target1), (critic2, target2) = (with_target(lambda: network(4, 256, 256, 1)) for _ in range(2))
    actor_optimizer = Adam(actor.parameters())
    critic_optimizer = Adam([*critic1.parameters(), *critic2.parameters()])
    count = 0

    def learn(observations, actions, rewards, next_observations, terminated):
        nonlocal count
        with torch.no_grad():
            noise = (0.2 * torch.randn_like(actions)).clamp(-0.5, 0.5)
            at = pair(next_observations, (actor_target(next_observations) + noise).clamp(-1, 1))
            goal = rewards + GAMMA * (1 - terminated) * torch.minimum(target1(at), target2(at))
        at = pair(observations, actions)
        descend(critic_optimizer, functional.mse_loss(critic1(at), goal) + functional.mse_loss(critic2(at), goal))
        count += 1
        if count % policy_delay:
            return
        descend(actor_optimizer, -critic1(pair(observations, actor(observations))).mean())
        for online, target in ((actor, actor_target), (critic1, target1), (critic2, target2)):
            follow(online, target)

    return actor, learn


def squashed(outputs):
    """tanh of normal numbers, given their mean and what their deviation is made of, and the logarithm of its density."""
    mean, raw = outputs.split(1, dim=1)
    log_deviation = 3.5 * (raw.tanh() + 1) - 5
    noise = torch.randn_like(mean)
    action = torch.tanh(mean + log_deviation.exp() * noise)
    log_normal = -0.5 * noise.square() - log_deviation - 0.5 * math.log(2 * math.pi)
    return action, (log_normal - torch.log(1 - action.square() + 1e-6)).sum(dim=1, keepdim=True)


class Temperature:
    """α, which is learned."""

    def __init__(self):
        self.logarithm = torch.zeros(1, requires_grad=True)
        self.optimizer = Adam([self.logarithm])

    def value(self):
        return self.logarithm.detach().exp().item()

    def learn(self, log_probability):
        surplus = log_probability.detach() - 1
        descend(self.optimizer, -(self.logarithm.exp() * surplus).mean())


def sac_agent():
    actor = network(3, 256, 256, 2)
    (critic1, target1), (critic2, target2) = (with_target(lambda: network(4, 256, 256, 1)) for _ in range(2))
    temperature = Temperature()
    actor_optimizer = Adam(actor.parameters())
    critic_optimizer = Adam([*critic1.parameters(), *critic2.parameters()])

    def sample(at):
        return squashed(actor(at))

    def learn(observations, actions, rewards, next_observations, terminated):
        alpha = temperature.value()
        with torch.no_grad():
            next_action, next_log_probability = sample(next_observations)
            at = pair(next_observations, next_action)
            soft_value = torch.minimum(target1(at), target2(at)) - alpha * next_log_probability
            goal = rewards + GAMMA * (1 - terminated) * soft_value
        at = pair(observations, actions)
        descend(critic_optimizer, functional.mse_loss(critic1(at), goal) + functional.mse_loss(critic2(at), goal))
        action, log_probability = sample(observations)
        at = pair(observations, action)
        descend(actor_optimizer, (alpha * log_probability - torch.minimum(critic1(at), critic2(at))).mean())
        temperature.learn(log_probability)
        follow(critic1, target1)
        follow(critic2, target2)

    return sample, learn


def tqc_agent(quantiles=25, dropped=2):
    actor = network(3, 256, 256, 2)
    critics, targets = with_target(lambda: ModuleList(network(4, 256, 256, quantiles) for _ in range(2)))
    temperature = Temperature()
    actor_optimizer, critic_optimizer = Adam(actor.parameters()), Adam(critics.parameters())
    levels = ((torch.arange(quantiles) + 0.5) / quantiles).repeat(2)[:, None]

    def learn(observations, actions, rewards, next_observations, terminated):
        alpha = temperature.value()
        with torch.no_grad():
            next_action, next_log_probability = squashed(actor(next_observations))
            at = pair(next_observations, next_action)
            following = torch.cat([target(at) for target in targets], dim=1).sort(dim=1).values[:, : -2 * dropped]
            goal = rewards + GAMMA * (1 - terminated) * (following - alpha * next_log_probability)
        at = pair(observations, actions)
        predictions = torch.cat([critic(at) for critic in critics], dim=1)
        predictions, goal = torch.broadcast_tensors(predictions[:, :, None], goal[:, None])
        weight = (levels - (goal < predictions).float()).abs()
        losses = weight * functional.smooth_l1_loss(predictions, goal, reduction="none")
        descend(critic_optimizer, losses.mean())
        action, log_probability = squashed(actor(observations))
        at = pair(observations, action)
        value = torch.cat([critic(at) for critic in critics], dim=1).mean(dim=1, keepdim=True)
        descend(actor_optimizer, (alpha * log_probability - value).mean())
        temperature.learn(log_probability)
        follow(critics, targets)

    return learn


class NormalizedNetwork(Module):
    """Batch normalization before each linear layer, which batch renormalization is during CrossQ's first 100,000 updates."""

    def __init__(self, *widths):
        super().__init__()
        self.norms = ModuleList(BatchNorm1d(width) for width in widths[:-1])
        self.layers = ModuleList(Linear(width, following) for width, following in zip(widths, widths[1:]))

    def forward(self, x, is_training):
        for i, (norm, layer) in enumerate(zip(self.norms, self.layers)):
            x = functional.batch_norm(
                x, norm.running_mean, norm.running_var, norm.weight, norm.bias, is_training, 0.01, 1e-3
            )
            x = layer(x)
            if i < len(self.layers) - 1:
                x = x.relu()
        return x


def crossq_agent(policy_delay=2):
    actor = NormalizedNetwork(3, 256, 256, 2)
    critics = ModuleList(NormalizedNetwork(4, 256, 256, 1) for _ in range(2))
    temperature = Temperature()
    actor_optimizer = Adam(actor.parameters(), betas=(0.5, 0.999))
    critic_optimizer = Adam(critics.parameters(), betas=(0.5, 0.999))
    count = 0

    def learn(observations, actions, rewards, next_observations, terminated):
        nonlocal count
        alpha = temperature.value()
        with torch.no_grad():
            next_action, next_log_probability = squashed(actor(next_observations, False))
        both = torch.cat([pair(observations, actions), pair(next_observations, next_action)])
        (q1, next1), (q2, next2) = (critic(both, True).chunk(2) for critic in critics)
        soft_value = torch.minimum(next1, next2).detach() - alpha * next_log_probability
        goal = rewards + GAMMA * (1 - terminated) * soft_value
        descend(critic_optimizer, functional.mse_loss(q1, goal) + functional.mse_loss(q2, goal))
        count += 1
        if count % policy_delay:
            return
        action, log_probability = squashed(actor(observations, True))
        at = pair(observations, action)
        q1, q2 = (critic(at, False) for critic in critics)
        descend(actor_optimizer, (alpha * log_probability - torch.minimum(q1, q2)).mean())
        temperature.learn(log_probability)

    return learn


def d4pg_agent(atoms=51):
    """Without the copies of the targets at every hundredth update."""
    head = Atoms(-10, 10, atoms)
    actor, actor_target = with_target(lambda: network(3, 256, 256, 1, end=[Tanh()]))
    critic, critic_target = with_target(lambda: network(4, 256, 256, atoms))
    actor_optimizer, critic_optimizer = Adam(actor.parameters()), Adam(critic.parameters())

    def learn(observations, actions, rewards, next_observations, terminated):
        with torch.no_grad():
            following = critic_target(pair(next_observations, actor_target(next_observations)))
        prediction = critic(pair(observations, actions))
        discounts = GAMMA * (1 - terminated[:, 0])
        loss = head.losses(prediction, following, rewards[:, 0], discounts).mean()
        policy_loss = -head.values(critic(pair(observations, actor(observations)))).mean()
        actor_optimizer.zero_grad()
        policy_loss.backward(inputs=list(actor.parameters()))
        descend(critic_optimizer, loss)
        actor_optimizer.step()

    return learn


def ddpg():
    return fixed(ddpg_agent()[1])


def td3():
    return fixed(td3_agent()[1])


def sac():
    return fixed(sac_agent()[1])


def tqc():
    return fixed(tqc_agent())


def crossq():
    return fixed(crossq_agent())


def d4pg():
    return fixed(d4pg_agent())
