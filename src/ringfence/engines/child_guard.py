"""Run a command that ends when its parent does: python -m ringfence.engines.child_guard COMMAND ...

The parent holds the other end of standard input. When it is gone, however it went (kill -9 too), the whole process group
is killed. (PR_SET_PDEATHSIG will not do: it follows the thread that started the child, not the process.)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Start the command, watch the parent, and end with the command's exit code."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def watch() -> None:
        while os.read(0, 1):  # nothing ever comes: this returns when the parent's end is closed
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    os._exit(child.wait() & 0xFF)  # at once: the thread above still reads


if __name__ == "__main__":
    main()
