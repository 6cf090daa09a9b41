"""The training itself: batches in a seeded order, loss on the answer only, checkpoints that go on exactly."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from .base import trainable
from .checkpoint import Checkpoint, Epoch
from .examples import Encoded
from .plan import Plan

__all__ = ["Step", "Training", "batches_of"]

WARM_UP = 0.05  # of all steps
BROKEN = 5  # steps in a row without a usable gradient end a training
SAVED_EVERY = 60.0  # seconds between two checkpoints


@dataclass(frozen=True)
class Step:
    """A step that is done: its number, the number of all steps, the loss of a learned token, tokens read so far."""

    number: int
    total: int
    loss: float
    tokens: int
    epoch: int


def batches_of(count: int, plan: Plan, epoch: int) -> list[list[int]]:
    """The numbers of the examples of each step of an epoch, in an order that seed and epoch determine."""
    order = list(range(count))
    random.Random(f"{plan.seed} {epoch}").shuffle(order)
    return [order[start : start + plan.batch] for start in range(0, count, plan.batch)]


def parts_of(batch: Sequence[Encoded], micro: int) -> Iterator[list[Encoded]]:
    """The batch in parts that are computed at once: prompts of like length, at most ``micro`` tokens with padding."""
    part: list[Encoded] = []
    for example in sorted(batch, key=lambda each: len(each.ids)):
        if part and len(example.ids) * (len(part) + 1) > micro:
            yield part
            part = []
        part.append(example)
    yield part


class Training:
    """LoRA on a model that ``with_lora`` wrapped. ``evaluate`` returns the share right on the dev part.

    The adapter of every epoch is kept beside the checkpoint until one is chosen; without ``evaluate`` a later run does.
    The same examples, plan and processor give the same adapter, whether or not it was interrupted: the order comes
    from the seed, and a checkpoint holds everything else.
    """

    def __init__(
        self,
        model: Any,
        examples: Sequence[Encoded],
        plan: Plan,
        folder: Path,
        start: Checkpoint,
        evaluate: Callable[[Training], float] | None,
    ) -> None:
        import torch

        self.model, self.examples, self.plan, self.evaluate = model, examples, plan, evaluate
        self.parameters = trainable(model)
        self.optimiser = torch.optim.AdamW([each for _, each in self.parameters], lr=0.0, weight_decay=0.0)
        self.folder, self.path = folder, folder / "checkpoint.safetensors"
        self.start = self.state = start
        self.chosen = False  # the checkpoint holds the adapter of the best epoch
        self.broken = 0  # steps in a row
        self.steps_per_epoch = len(batches_of(len(examples), plan, 0))
        self.total = self.steps_per_epoch * plan.epochs

    @property
    def stopped(self) -> bool:
        """True if all epochs are done, or the last ones did not improve the dev part."""
        done = self.state.epochs
        if self.state.finished or not done:
            return self.state.finished
        asked = all(each.dev is not None for each in done)
        return len(done) >= self.plan.epochs or (asked and done[-1].number - self.best.number >= self.plan.patience)

    @property
    def best(self) -> Epoch:
        """The epoch with the highest share right on the dev part; of equal ones the one with the lower loss."""
        return max(self.state.epochs, key=lambda each: (each.dev or 0.0, -each.loss))

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one. Raises InputError if it belongs to another training."""
        if not self.path.exists():
            return False
        self.state = Checkpoint.read(self.path, self.start)
        self.chosen = self.state.finished and bool(self.state.numbers)
        if self.state.numbers:
            self._load(self.state.numbers, moments=not self.state.finished)
        return True

    def run(
        self,
        on_step: Callable[[Step], None] = lambda step: None,
        on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    ) -> None:
        """Train to the end. With ``evaluate`` the model then has the numbers of the best epoch, else of the last."""
        saved = time.monotonic()
        self.model.train()
        while not self.stopped:
            epoch, place = divmod(self.state.step, self.steps_per_epoch)
            if place == 0 and len(self.state.epochs) < epoch:
                on_epoch(self._end_epoch())
                saved = time.monotonic()
                continue
            begun = time.monotonic()
            batch = [self.examples[number] for number in batches_of(len(self.examples), self.plan, epoch)[place]]
            loss = self._step(batch)
            self.state.step += 1
            if math.isfinite(loss):
                self.state.loss += loss
                self.state.summed += 1
            self.state.tokens += sum(len(each.ids) for each in batch)
            self.state.seconds += time.monotonic() - begun
            on_step(Step(self.state.step, self.total, loss, self.state.tokens, epoch + 1))
            if time.monotonic() - saved > SAVED_EVERY:
                self.save()
                saved = time.monotonic()
        if not self.state.finished:
            self.state.finished = True
            self.save()
        if self.evaluate and not self.chosen:
            self._choose(on_epoch)

    def save(self) -> None:
        """Write the checkpoint. Between the end of the training and the choice the epochs have files of their own."""
        waits = self.state.finished and not self.chosen
        self.state.numbers = {} if waits else self._numbers(moments=not self.state.finished)
        self.state.write(self.path)

    def lora(self) -> dict[str, Any]:
        """The numbers of the adapter as float32 arrays, by the names of their parameters."""
        return {name: each.detach().float().cpu().numpy() for name, each in self.parameters}

    def _end_epoch(self) -> Epoch:
        number = len(self.state.epochs) + 1
        loss = self.state.loss / max(1, self.state.summed)
        ended = Epoch(number, loss, None, round(self.state.seconds, 1))
        self.state.epochs.append(self._ask(ended) if self.evaluate else ended)
        self.state.loss, self.state.summed, self.state.seconds = 0.0, 0, 0.0
        replace(self.state, numbers=self._numbers(moments=False)).write(self._kept(number))
        self.save()
        return self.state.epochs[-1]

    def _ask(self, epoch: Epoch) -> Epoch:
        """The epoch with the dev part answered by the numbers that the model has."""
        assert self.evaluate
        self.model.eval()
        begun = time.monotonic()
        dev = self.evaluate(self)
        self.model.train()
        return replace(epoch, dev=dev, seconds=round(epoch.seconds + time.monotonic() - begun, 1))

    def _choose(self, on_epoch: Callable[[Epoch], None]) -> None:
        """Take the best epoch, after the dev part has been answered for those that it was not answered for."""
        for place, epoch in enumerate(self.state.epochs):
            if epoch.dev is None:
                self._load(self._read_kept(epoch.number), moments=False)
                self.state.epochs[place] = self._ask(epoch)
                on_epoch(self.state.epochs[place])
                self.save()
        self._load(self._read_kept(self.best.number), moments=False)
        self.chosen = True
        self.save()
        for each in self.state.epochs:
            self._kept(each.number).unlink(missing_ok=True)

    def _kept(self, number: int) -> Path:
        return self.folder / f"epoch-{number}.safetensors"

    def _read_kept(self, number: int) -> Mapping[str, Any]:
        path = self._kept(number)
        if not path.exists():
            raise InputError(
                f"{path} is missing: it holds the adapter of epoch {number}, and none is chosen yet.",
                "Copy the whole folder of the training.",
            )
        return Checkpoint.read(path, self.start, kept=True).numbers

    def _step(self, batch: Sequence[Encoded]) -> float:
        """One step of the optimiser; returns the mean loss of its learned tokens."""
        import torch

        learned = sum(each.trained for each in batch)
        loss = 0.0
        for part in parts_of(batch, self.plan.micro):
            lost = self.loss_of(part)
            (lost / learned).backward()
            loss += float(lost.detach())
        steepness = torch.nn.utils.clip_grad_norm_([each for _, each in self.parameters], 1.0)
        if bool(steepness.isfinite()):
            for group in self.optimiser.param_groups:
                group["lr"] = self._rate(self.state.step + 1)
            self.optimiser.step()
            self.broken = 0
        else:
            self._leave_out()
        self.optimiser.zero_grad(set_to_none=True)
        return loss / learned

    def _leave_out(self) -> None:
        """Count a step whose gradient is no number: taken, it would turn every number of the adapter into none."""
        self.broken += 1
        self.state.skipped += 1
        if self.broken == BROKEN:
            raise InputError(
                f"The training broke down at step {self.state.step + 1}: {BROKEN} gradients in a row are no numbers.",
                "Choose a smaller learning rate, or numbers: float32; what is saved is from before.",
            )

    def _rate(self, step: int) -> float:
        warm = max(1, round(WARM_UP * self.total))
        if step <= warm:
            return self.plan.learning_rate * step / warm
        return self.plan.learning_rate * max(0.0, (self.total - step + 1) / (self.total - warm + 1))

    def loss_of(self, part: Sequence[Encoded]) -> Any:
        """The summed loss of the learned tokens: minus their log-probabilities. Prompts are padded on their left.

        Only the positions of the answers get logits: those of a whole prompt would take a gigabyte. They are named one
        by one: of the last so many PyTorch copies the output matrix for every part (7 % of a step of the 135M).
        """
        import torch

        device = self.model.device
        width = max(len(each.ids) for each in part)
        answers = max(len(each.ids) - each.prompt for each in part)
        ids = torch.zeros((len(part), width), dtype=torch.long)
        mask = torch.zeros((len(part), width), dtype=torch.long)
        goal = torch.full((len(part), answers), -100, dtype=torch.long)
        for row, each in enumerate(part):
            ids[row, width - len(each.ids) :] = torch.tensor(each.ids)
            mask[row, width - len(each.ids) :] = 1
            for place in range(1, len(each.ids) - each.prompt + 1):
                if each.learned[-place]:
                    goal[row, answers - place] = each.ids[-place]
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        # Padding sees itself: on CUDA a row that sees nothing gives NaN, and its gradient spoils all others.
        seen = torch.ones((width, width), dtype=torch.bool).tril() & mask.bool()[:, None, None, :]
        seen |= torch.eye(width, dtype=torch.bool)
        with self._numbers_of_base():
            logits = self.model(
                input_ids=ids.to(device),
                attention_mask=None if bool(mask.all()) else seen.to(device),
                position_ids=positions.to(device),
                logits_to_keep=torch.arange(width - answers - 1, width, device=device),
            ).logits[:, :-1]
        return torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), goal.flatten().to(device), ignore_index=-100, reduction="sum"
        )

    @contextmanager
    def _numbers_of_base(self) -> Iterator[None]:
        """Compute in the precision of the base, LoRA too: a third faster here than peft's own casts to float32."""
        import torch
        from peft.helpers import disable_input_dtype_casting

        if self.plan.numbers == "float32":
            yield
            return
        with torch.autocast(self.model.device.type, torch.bfloat16), disable_input_dtype_casting(self.model):
            yield

    def _numbers(self, moments: bool = True) -> dict[str, Any]:
        found = {f"lora/{name}": each.detach().clone().cpu() for name, each in self.parameters}
        for name, each in self.parameters:
            if moments and (state := self.optimiser.state.get(each)):
                found[f"first/{name}"] = state["exp_avg"].clone().cpu()
                found[f"second/{name}"] = state["exp_avg_sq"].clone().cpu()
        return found

    def _load(self, numbers: Any, moments: bool = True) -> None:
        import torch

        with torch.no_grad():
            for name, each in self.parameters:
                each.copy_(numbers[f"lora/{name}"])
        if moments:
            for name, each in self.parameters:
                if f"first/{name}" in numbers:
                    self.optimiser.state[each] = {
                        "step": torch.tensor(float(self.state.step)),
                        "exp_avg": numbers[f"first/{name}"].to(each.device),
                        "exp_avg_sq": numbers[f"second/{name}"].to(each.device),
                    }
