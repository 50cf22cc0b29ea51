"""What notebooks written for Colab import, as far as a Notebay session can do it."""

from google.colab import drive, errors, runtime, userdata

__all__ = ["drive", "errors", "runtime", "userdata"]
