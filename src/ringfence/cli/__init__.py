"""The command line. One file per verb; stdout is for data, everything else goes to stderr."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from ..errors import UserError
from ..version import __version__
from .stop_signals import stop_signals
from .verbs import GROUPS, find_verb

__all__ = ["cli", "main"]

SEALED = "--sealed"


def _sealed(arguments: list[str]) -> int:
    """Start the command again inside the seal; inside, prove the seal before any work."""
    from ..seal import (
        launch,
        require_seal,
        sealed_here,
        split_exit,
    )
    from .console import denied

    plain, exit_to = split_exit([argument for argument in arguments if argument != SEALED])
    if not sealed_here():
        return launch([*plain, SEALED], exit_to=exit_to, tell=denied)
    require_seal()
    return _exit_code(plain)


class _Verbs(click.Group):
    """Imports a verb's file only when it is used, so that `ringfence --help` stays fast."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all verbs."""
        return sorted(verb.name for verbs in GROUPS.values() for verb in verbs)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of a verb; None if there is no such verb."""
        verb = find_verb(name)
        if verb is None:
            return None
        import importlib

        command: click.Command = importlib.import_module(f".{verb.module}", __name__).command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs, grouped by purpose."""
        width = max(len(name) for name in self.list_commands(context))
        for purpose, verbs in GROUPS.items():
            with formatter.section(purpose):
                formatter.write_dl([(verb.name.ljust(width), verb.sentence) for verb in verbs])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ringfence")
@click.option(
    "--sealed",
    is_flag=True,
    help="Run without network access. Works before or after the verb. The only exit is the server of --server; "
    "--exit ADDRESS declares one that the command line does not name, such as the server of a pilot or a replayed run.",
)
def cli(sealed: bool) -> None:
    """Open-weight language models inside your own walls.

    Exit codes: 0 done; 1 negative finding; 2 invalid input; 3 some documents failed; 70 internal error;
    130 interrupted (143 by SIGTERM), continue with --resume.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Data that no terminal shows is UTF-8; a terminal shows an escape for what it cannot print.
            data = stream is sys.stdout and not stream.isatty()
            stream.reconfigure(encoding="utf-8" if data else stream.encoding, errors="backslashreplace")
    with stop_signals() as taken:
        code = taken.exit_code(_exit_code(arguments))
    sys.exit(code)


def _tell(sentence: str) -> None:
    """Print an error to stderr, as `console.note` would; that module is slow to import."""
    from .console import visible

    click.echo(visible(sentence), err=True)


def _exit_code(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if SEALED in given:
            return _sealed(given)
        code = cli.main(args=given, prog_name="ringfence", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except UserError as error:
        _tell(f"{error}\n\nhint: {error.hint}" if error.hint else str(error))
        return 2
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        # click makes an Abort of both an interruption and a "no" to its question.
        asked = isinstance(stop, click.Abort) and not isinstance(stop.__cause__, KeyboardInterrupt)
        click.echo("\nNothing was done." if asked else "\nInterrupted. Finished work is kept.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        _tell(f"{what}{error.strerror or error}.\n\nhint: Check the path, its permissions and the free disk space.")
        return 2
    except Exception as error:
        if os.environ.get("RINGFENCE_TRACEBACK"):
            raise
        # No traceback and no message: either could contain text of a document.
        where = traceback.extract_tb(error.__traceback__)[-1]
        click.echo(
            f"Internal error: {type(error).__name__} at {os.path.basename(where.filename)}:{where.lineno}.\n\n"
            "hint: Please report it. RINGFENCE_TRACEBACK=1 shows details, which may contain text of your documents.",
            err=True,
        )
        return 70
