"""Parse the XML inside documents safely, and name the errors of damaged archives."""

from __future__ import annotations

import zipfile
import zlib
from typing import Any

from lxml import etree

from ..errors import DocumentError

__all__ = ["DAMAGED_ZIP", "parse_xml"]

DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


def parse_xml(data: bytes) -> Any:
    """Parse an XML document and return its root, without resolving entities or fetching anything.

    Raises DocumentError if the XML is damaged or exceeds the limits of the parser.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise DocumentError(
            "damaged", "its XML is damaged, or nested or expanded beyond the limits of the parser"
        ) from None
