"""Run a command that ends when its parent does: python -m ringfence.engines.child_guard COMMAND ...

The parent holds the other end of standard input. When the parent ends, even by kill -9, the whole process group is
killed. (PR_SET_PDEATHSIG does not work: it follows the thread that started the child, not the process.)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Start the command, watch the parent, and exit with the command's exit code."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def watch() -> None:
        while os.read(0, 1):  # the parent writes nothing: this returns when its end closes
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    os._exit(child.wait() & 0xFF)  # immediately: the thread above is still reading


if __name__ == "__main__":
    main()
