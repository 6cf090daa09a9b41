"""The languages whose names of months, units and currencies are known when a task declares none."""

from __future__ import annotations

__all__ = ["COMMON", "LANGUAGES"]

COMMON = ("en", "de", "fr", "es", "it", "nl", "pt")
LANGUAGES = (
    *COMMON, "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "sr_Latn", "bs", "hu", "ro", "bg", "ru", "uk",
    "el", "tr", "et", "lv", "lt", "ca", "gl", "eu", "ga", "af", "id", "ms", "vi", "ja", "zh", "ko",
)  # fmt: skip
