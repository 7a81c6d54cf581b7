"""A whole training on CartPole, case of torch_micro.py: DQN out of a full replay buffer, an update at every step.

The network, minibatches and rates are CleanRL's, the environment is plain Python, and the buffer keeps what CleanRL's does (Stable-Baselines3's ReplayBuffer): observations twice, actions as int64.
"""

import math
import random

import numpy
import torch
import torch.nn.functional as functional
from torch.optim import Adam

from torch_q_learning import GAMMA, Expectation, QNetwork


class CartPole:
    """Gymnasium's CartPole-v1, cut off after 500 steps."""

    def reset(self):
        self.state, self.time = [random.uniform(-0.05, 0.05) for _ in range(4)], 0
        return self.state

    def step(self, action):
        """The next observation, whether the pole has fallen, and whether the episode is cut off."""
        x, speed, angle, turn = self.state
        force = 10.0 if action == 1 else -10.0
        push = (force + 0.05 * turn**2 * math.sin(angle)) / 1.1
        turning = (9.8 * math.sin(angle) - math.cos(angle) * push) / (0.5 * (4 / 3 - 0.1 * math.cos(angle) ** 2 / 1.1))
        moving = push - 0.05 * turning * math.cos(angle) / 1.1
        self.state = [x + 0.02 * speed, speed + 0.02 * moving, angle + 0.02 * turn, turn + 0.02 * turning]
        self.time += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        return self.state, fallen, self.time == 500


def dqn_loop(capacity=1_000_000, batch=128, target_every=500):
    online, target = (QNetwork([], [4, 120, 84], 2, 1) for _ in range(2))
    target.load_state_dict(online.state_dict())
    head, optimizer = Expectation(functional.mse_loss), Adam(online.parameters(), lr=2.5e-4)
    columns = [
        *(numpy.zeros((capacity, 4), numpy.float32) for _ in range(2)),
        numpy.zeros(capacity, numpy.int64),
        *(numpy.zeros(capacity, numpy.float32) for _ in range(2)),
    ]
    tensors = [torch.from_numpy(column) for column in columns]
    environment, rows = CartPole(), torch.arange(batch)
    observation, count = environment.reset(), 0

    def learn(observations, following, actions, rewards, terminated):
        with torch.no_grad():
            outputs = target(following)
            best = outputs[rows, head.values(outputs).argmax(dim=1)]
        predicted = online(observations)[rows, actions]
        loss = head.losses(predicted, best, rewards, GAMMA * (1 - terminated)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def step():
        nonlocal observation, count
        if count < capacity or random.random() < 0.05:
            action = random.randrange(2)
        else:
            with torch.no_grad():
                action = head.values(online(torch.tensor([observation]))).argmax().item()
        following, fallen, truncated = environment.step(action)
        for column, value in zip(columns, (observation, following, action, 1, fallen)):
            column[count % capacity] = value
        observation = environment.reset() if fallen or truncated else following
        count += 1
        if count <= capacity:
            return
        chosen = torch.randint(capacity, (batch,))
        learn(*(tensor[chosen] for tensor in tensors))
        if count % target_every == 0:
            target.load_state_dict(online.state_dict())

    while count <= capacity:
        step()
    return step
