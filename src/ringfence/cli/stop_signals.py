"""SIGTERM ends a verb as Ctrl-C does: quietly, with its work kept. Signals that come while it ends are not obeyed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["StopSignals", "stop_signals"]

PATIENCE = 4  # the signal of this number ends the process at once
INTERRUPTED = 130


class StopSignals:
    """The signals that came so far."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def take(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the process on the first signal, and end it at once on the fourth."""
        self.numbers.append(number)
        if len(self.numbers) == 1:
            raise KeyboardInterrupt
        if len(self.numbers) >= PATIENCE:
            os._exit(128 + number)

    def exit_code(self, code: int) -> int:
        """The exit code: that of SIGTERM instead of that of Ctrl-C if SIGTERM came first."""
        return 128 + self.numbers[0] if self.numbers and code == INTERRUPTED else code


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Handle SIGINT and SIGTERM until the end of the block, or of the process once one came.

    A signal that the caller ignores stays ignored.
    """
    taken = StopSignals()
    if threading.current_thread() is not threading.main_thread():
        yield taken
        return
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = [(number, signal.signal(number, taken.take)) for number in heard]
    try:
        yield taken
    finally:
        for number, handler in before:  # once one came, the process ends, and no other may break into its end
            signal.signal(number, signal.SIG_IGN if taken.numbers else handler)
