"""The session itself."""

import os as _os
import socket as _socket

from google.colab import errors as _errors

__all__ = ["unassign"]


def unassign():
    """Ends this session: its devices are free again, and what is not on the volume is gone.

    Raises google.colab.errors.RuntimeManagementError if the session cannot be asked to end.
    """
    path = _os.environ.get("NOTEBAY_RUNTIME_SOCKET")
    if not path:
        raise _errors.RuntimeManagementError("Unable to find the runtime management service.")
    try:
        with _socket.socket(_socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(path)
            connection.sendall(b"unassign\n")
            answer = connection.recv(16)
    except OSError as error:
        raise _errors.RuntimeManagementError(f"Unable to request VM unassignment: {error}") from error
    if answer != b"ok\n":
        raise _errors.RuntimeManagementError("Unable to request VM unassignment.")
