"""Errors of this package, named as in Colab."""


class Error(Exception):
    """Base of them all."""


class RuntimeManagementError(Error):
    """The session's management could not be reached or refused."""
