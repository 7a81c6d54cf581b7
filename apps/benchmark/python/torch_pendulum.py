"""Whole trainings on Pendulum, cases of torch_micro.py: an action, a step of the environment, a row of the replay buffer, and an update.

Networks, minibatches and rates are CleanRL's (one update of everything a step, TD3's actor and targets at every second one), the environment is plain Python.
"""

import math
import random

import numpy
import torch

from torch_actor_critic import ddpg_agent, sac_agent, td3_agent


class Pendulum:
    """Gymnasium's Pendulum-v1, cut off after 200 steps."""

    def reset(self):
        self.angle, self.speed, self.time = random.uniform(-math.pi, math.pi), random.uniform(-1, 1), 0
        return self.observe()

    def observe(self):
        return math.cos(self.angle), math.sin(self.angle), self.speed

    def step(self, torque):
        """The next observation, the reward, and whether the episode is cut off."""
        distance = (self.angle + math.pi) % (2 * math.pi) - math.pi
        reward = -(distance**2 + 0.1 * self.speed**2 + 0.001 * torque**2)
        self.speed += (15 * math.sin(self.angle) + 3 * torque) * 0.05
        self.speed = min(max(self.speed, -8.0), 8.0)
        self.angle += self.speed * 0.05
        self.time += 1
        return self.observe(), reward, self.time == 200


def loop(act, learn, capacity=1_000_000, batch=256, random_steps=1000):
    """A step of training, after so many random ones. `act` and `learn` have actions in [-1, 1], Pendulum twice that."""
    environment = Pendulum()
    columns = [numpy.zeros((capacity, width), numpy.float32) for width in (3, 1, 1, 3, 1)]
    tensors = [torch.from_numpy(column) for column in columns]
    observation, count = environment.reset(), 0

    def step():
        nonlocal observation, count
        action = act(torch.tensor([observation])) if count >= random_steps else random.uniform(-1, 1)
        following, reward, truncated = environment.step(2 * action)
        for column, value in zip(columns, (observation, action, reward, following, 0)):
            column[count % capacity] = value
        observation = environment.reset() if truncated else following
        count += 1
        if count > random_steps:
            rows = torch.randint(min(count, capacity), (batch,))
            learn(*(tensor[rows] for tensor in tensors))

    for _ in range(random_steps):
        step()
    return step


def noisy(actor):
    @torch.no_grad()
    def act(observation):
        return min(max(actor(observation).item() + random.gauss(0, 0.1), -1.0), 1.0)

    return act


def ddpg_loop():
    actor, learn = ddpg_agent()
    return loop(noisy(actor), learn)


def td3_loop():
    actor, learn = td3_agent()
    return loop(noisy(actor), learn)


def sac_loop():
    sample, learn = sac_agent()

    @torch.no_grad()
    def act(observation):
        return sample(observation)[0].item()

    return loop(act, learn)
