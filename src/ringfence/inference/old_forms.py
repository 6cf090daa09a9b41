"""Forms of weights that other versions of the engines' converters made: nothing here loads them any more."""

from __future__ import annotations

from ..engines import engine_names, engine_type
from ..engines.selection import state_of
from ..errors import RingfenceError
from ..weights import Store, StoredWeights
from ..weights.store import form_folder

__all__ = ["old_forms"]


def old_forms(store: Store) -> list[StoredWeights]:
    """The forms in a store that the engines installed here would make anew, by the names of their weights.

    Those of engines that are not installed are left alone.
    """
    current: dict[str, str] = {}
    for name in engine_names():
        if not state_of(name).usable:
            continue
        try:
            kind = engine_type(name)
            current[kind.form] = form_folder(kind.form, kind.converter_version())
        except RingfenceError:
            continue
    return [
        form
        for weights in store.list()
        for form in weights.forms()
        if form.folder.name != current.get(form.folder.name.rpartition("-")[0], form.folder.name)
    ]
