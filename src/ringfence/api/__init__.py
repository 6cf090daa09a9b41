"""The Python front door: the names behind `import ringfence`, with one call for each verb of the command line."""

from .extraction import TypedResult, extract
from .model import Model, open_model
from .pilot import run_pilot_folder
from .run import Run, open_run

__all__ = ["Model", "Run", "TypedResult", "extract", "open_model", "open_run", "run_pilot_folder"]
