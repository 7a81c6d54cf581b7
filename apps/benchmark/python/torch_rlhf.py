"""Steps of language models' training, cases of torch_micro.py: the miniature's sizes, completions of 12 tokens drawn at random.

What a step does is what the trainers of @gradus/llm-rlhf do; what they report besides the loss is left out, and rows are the same in every step.
"""

import copy
import math

import torch
import torch.nn.functional as functional
from torch.nn import Embedding, LayerNorm, Linear, Module, ModuleList
from torch.optim import AdamW

VOCABULARY, PROMPT, COMPLETION, WIDTH, HEADS, LAYERS = 34, 18, 12, 48, 4, 2
LENGTH, SIZE, BATCH, ROUND, END = PROMPT + COMPLETION, WIDTH // HEADS, 64, 96, 1


class Block(Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.mlp_norm = LayerNorm(WIDTH), LayerNorm(WIDTH)
        self.query_key_value, self.projection = Linear(WIDTH, 3 * WIDTH), Linear(WIDTH, WIDTH)
        self.up, self.down = Linear(WIDTH, 4 * WIDTH), Linear(4 * WIDTH, WIDTH)

    def forward(self, x, mask, cache, start):
        """`cache`, keys and values, is written from position `start` on and read up to what was written; none in training."""
        rows, time, _ = x.shape
        parts = self.query_key_value(self.attention_norm(x)).view(rows, time, 3, HEADS, SIZE).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind()
        if cache is not None:
            cache[:, :, :, start : start + time] = parts[1:]
            key, value = cache[:, :, :, : start + time]
        scores = query @ key.transpose(2, 3) / math.sqrt(SIZE)
        if time > 1:
            scores = scores + mask[:time, :time]
        y = torch.softmax(scores, dim=-1) @ value
        x = x + self.projection(y.transpose(1, 2).reshape(rows, time, WIDTH))
        return x + self.down(functional.gelu(self.up(self.mlp_norm(x))))


class Decoder(Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = Embedding(VOCABULARY, WIDTH), Embedding(LENGTH, WIDTH)
        self.blocks, self.norm = ModuleList(Block() for _ in range(LAYERS)), LayerNorm(WIDTH)
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), -math.inf).triu(1))
        for module in self.modules():
            if isinstance(module, (Linear, Embedding)):
                torch.nn.init.normal_(module.weight, std=0.02)

    def forward(self, tokens, caches=(None,) * LAYERS, start=0):
        x = self.tokens(tokens) + self.positions.weight[start : start + tokens.shape[1]]
        for block, cache in zip(self.blocks, caches):
            x = block(x, self.mask, cache, start)
        return self.norm(x)

    def logits(self, hidden):
        return hidden @ self.tokens.weight.T


class Scorer(Module):
    """A number for each hidden state."""

    def __init__(self):
        super().__init__()
        self.decoder, self.head = Decoder(), Linear(WIDTH, 1, bias=False)

    def values(self, texts):
        return self.head(self.decoder(texts)[:, PROMPT - 1 : -1])[..., 0]

    def score(self, texts, last):
        return self.head(self.decoder(texts)[torch.arange(len(texts)), last])[:, 0]


def random_texts(rows, length=LENGTH):
    return torch.randint(2, VOCABULARY, (rows, length))


def log_probabilities(decoder, texts):
    """Of completions' tokens."""
    logits = decoder.logits(decoder(texts)[:, PROMPT - 1 : -1])
    return torch.log_softmax(logits, dim=-1).gather(2, texts[:, PROMPT:, None])[..., 0]


def learning(*modules):
    """A step on a loss: gradient norm of at most 1, AdamW."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    optimizer = AdamW(parameters, lr=3e-4, eps=1e-5, weight_decay=0)

    def descend(loss):
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1)
        optimizer.step()

    return descend


def sft():
    decoder, texts = Decoder(), random_texts(BATCH)
    descend = learning(decoder)
    weights = torch.cat([torch.full((BATCH, PROMPT - 1), 0.1), torch.ones(BATCH, COMPLETION)], 1)

    def step():
        logits = decoder.logits(decoder(texts)[:, :-1])
        costs = functional.cross_entropy(logits.flatten(0, 1), texts[:, 1:].flatten(), reduction="none")
        descend((costs * weights.flatten()).sum() / weights.sum())

    return step


def pairs():
    """Chosen texts, then rejected ones."""
    return torch.cat([random_texts(BATCH, PROMPT).repeat(2, 1), random_texts(2 * BATCH, COMPLETION)], 1)


def reward():
    scorer, texts, last = Scorer(), pairs(), torch.full((2 * BATCH,), LENGTH - 1)
    descend = learning(scorer)

    def step():
        chosen, rejected = scorer.score(texts, last).chunk(2)
        descend(-functional.logsigmoid(chosen - rejected).mean())

    return step


def dpo():
    decoder, texts = Decoder(), pairs()
    descend = learning(decoder)
    with torch.no_grad():
        references = log_probabilities(decoder, texts).sum(1)

    def step():
        chosen, rejected = (log_probabilities(decoder, texts).sum(1) - references).chunk(2)
        descend(-functional.logsigmoid(0.5 * (chosen - rejected)).mean())

    return step


@torch.no_grad()
def complete(decoder, prompts):
    """Prompts with their completions; a completion that has ended goes on with zeros."""
    caches = torch.empty(LAYERS, 2, len(prompts), HEADS, LENGTH, SIZE)
    hidden, texts = decoder(prompts, caches), torch.zeros(len(prompts), LENGTH, dtype=torch.int64)
    texts[:, :PROMPT] = prompts
    has_ended = torch.zeros(len(prompts), dtype=torch.bool)
    for position in range(PROMPT, LENGTH):
        tokens = torch.multinomial(torch.softmax(decoder.logits(hidden[:, -1]), dim=-1), 1)[:, 0]
        tokens[has_ended] = 0
        texts[:, position] = tokens
        has_ended |= tokens == END
        if position + 1 < LENGTH:
            hidden = decoder(tokens[:, None], caches, position)
    return texts


def generate():
    decoder, prompts = Decoder(), random_texts(ROUND, PROMPT)
    return lambda: complete(decoder, prompts)


def mask_of(completions):
    """1 up to the first end, and there."""
    is_end = (completions == END).long()
    return (is_end.cumsum(1) - is_end == 0).float()


def masked_mean(values, mask):
    return (values * mask).sum() / mask.sum()


class Round:
    """96 completions, and what the policy that wrote them, the reference and the reward model say of them."""

    @torch.no_grad()
    def __init__(self, policy, reference, scorer, copies):
        self.texts = complete(policy, random_texts(ROUND // copies, PROMPT).repeat_interleave(copies, 0))
        self.mask = mask_of(self.texts[:, PROMPT:])
        self.last = PROMPT + self.mask.sum(1).long() - 1
        self.old = log_probabilities(policy, self.texts)
        self.divergence = (self.old - log_probabilities(reference, self.texts)) * self.mask
        self.scores = scorer.score(self.texts, self.last)


def rloo(copies=2):
    policy, scorer = Decoder(), Scorer()
    reference, descend = copy.deepcopy(policy), learning(policy)

    def step():
        data = Round(policy, reference, scorer, copies)
        rewards = (data.scores - 0.05 * data.divergence.sum(1)).view(-1, copies)
        advantages = (rewards - (rewards.sum(1, keepdim=True) - rewards) / (copies - 1)).flatten()
        for _ in range(4):
            change = ((log_probabilities(policy, data.texts) - data.old) * data.mask).sum(1)
            ratio = change.exp()
            descend(-torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean())

    return step


def estimate(values, rewards, mask, decay=0.95):
    """GAE with γ = 1; advantages are whitened."""
    advantages, running, following = torch.zeros_like(values), torch.zeros(ROUND), torch.zeros(ROUND)
    for time in reversed(range(COMPLETION)):
        running = (rewards[:, time] + following - values[:, time] + decay * running) * mask[:, time]
        advantages[:, time], following = running, values[:, time] * mask[:, time]
    centered = advantages - masked_mean(advantages, mask)
    return centered / (masked_mean(centered**2, mask) + 1e-8).sqrt() * mask, advantages + values


def ppo():
    policy, scorer = Decoder(), Scorer()
    reference, critic = copy.deepcopy(policy), copy.deepcopy(scorer)
    descend = learning(policy, critic)

    def step():
        data = Round(policy, reference, scorer, 1)
        with torch.no_grad():
            old_values = critic.values(data.texts) * data.mask
            rewards = -0.05 * data.divergence
            rewards[torch.arange(ROUND), data.last - PROMPT] += data.scores
            advantages, returns = estimate(old_values, rewards, data.mask)
        for _ in range(4):
            ratio = ((log_probabilities(policy, data.texts) - data.old) * data.mask).exp()
            surrogate = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(0.8, 1.2))
            values = critic.values(data.texts)
            near = old_values + (values - old_values).clamp(-0.2, 0.2)
            value_loss = 0.5 * masked_mean(torch.maximum((values - returns) ** 2, (near - returns) ** 2), data.mask)
            descend(masked_mean(surrogate, data.mask) + 0.1 * value_loss)

    return step
