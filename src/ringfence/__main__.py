"""python -m ringfence: the command line."""

from .cli import main

main()
