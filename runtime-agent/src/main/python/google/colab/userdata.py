"""Secrets of the person whose session it is.

A secret is a file of the person's own volume, `.notebay/secrets/NAME`; what is in it, without one last newline, is
the secret. A notebook without a volume has no secrets.
"""

import os as _os
import re as _re

from google.colab import errors as _errors

_NAME = _re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")


class NotebookAccessError(Exception):
    """The notebook may not read the secret."""

    def __init__(self, key):
        super().__init__(f"Notebook does not have access to secret {key}")


class SecretNotFoundError(_errors.Error):
    """There is no such secret."""

    def __init__(self, key):
        super().__init__(f"Secret {key} does not exist.")


class TimeoutException(_errors.Error):
    """Never raised here; notebooks written for Colab name it."""

    def __init__(self, key):
        super().__init__(f"Requesting secret {key} timed out.")


def get(key):
    """The secret `key`, as text."""
    if not key or not isinstance(key, str):
        raise ValueError("Please enter a valid secret name")
    if _re.search(r"\s", key):
        raise ValueError("Secret name cannot contain spaces or whitespace")
    volume = _os.environ.get("NOTEBAY_VOLUME", "")
    if not volume or not _NAME.fullmatch(key):
        raise SecretNotFoundError(key)
    try:
        with open(_os.path.join(volume, ".notebay", "secrets", key), encoding="utf-8", newline="") as file:
            return file.read().removesuffix("\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise SecretNotFoundError(key) from None
    except PermissionError:
        raise NotebookAccessError(key) from None
