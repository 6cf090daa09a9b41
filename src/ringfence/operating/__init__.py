"""Operating: releases, bundles, and the tripwire that notices when the same documents get other answers."""

from .bundle import BundleContents, install_bundle, make_bundle
from .release import write_release

__all__ = ["BundleContents", "install_bundle", "make_bundle", "write_release"]
