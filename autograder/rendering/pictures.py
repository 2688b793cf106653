"""Pictures of a submission -> data URIs whose content matches their type; before outputs and markup."""

from __future__ import annotations

import base64
import binascii
import re

MOST_BYTES = 4 << 20  # of one picture; a usual figure has a tenth of that
SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
SVG = "image/svg+xml"
SVG_ROOT = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg[\s>]", re.DOTALL)


def data_uri(mime: str, data: str) -> str | None:
    """A data URI, only for the `src` of an img; None if the data is too large or not of its type.

    `data` is as in notebooks: base64 for PNG and JPEG, text for SVG. In an img, a browser runs no script of an SVG and
    downloads nothing for it.
    """
    if mime == SVG:
        encoded = data.encode("utf-8", "replace")
        return _uri(mime, encoded) if SVG_ROOT.match(data) and len(encoded) <= MOST_BYTES else None
    if mime not in SIGNATURES or len(data) > MOST_BYTES * 3 // 2:
        return None
    try:
        found = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _uri(mime, found) if found.startswith(SIGNATURES[mime]) else None


def check_picture(uri: str) -> str | None:
    """A submission's data URI, checked and encoded again; None for any other address, and for SVG."""
    found = re.fullmatch(r"data:(image/[a-z]+);base64,(.*)", uri.strip(), re.DOTALL)
    return data_uri(found[1], found[2]) if found else None


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
