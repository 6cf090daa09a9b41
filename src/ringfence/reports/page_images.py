"""Pictures of pages for reports: small, and embedded in the page that shows them."""

from __future__ import annotations

import base64

from ..documents import PagePicture

__all__ = ["SCALE", "address_of"]

SCALE = 1.4  # 100 dots an inch: body text stays legible


def address_of(picture: PagePicture) -> str:
    """The picture as a data URL."""
    return "data:image/webp;base64," + base64.b64encode(picture.webp).decode()
