"""The kernel's own process: ipykernel, with nothing dropped however fast it prints.

    python3 kernel.py CONNECTION_FILE DIRECTORY

Works with ipykernel 6 and 7.
"""

import gc
import os
import sys

gc.disable()  # importing makes no garbage worth looking for
del sys.path[0]  # this file's directory
os.chdir(sys.argv[2])
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else debugpy warns about how it was started

from ipykernel.kernelapp import IPKernelApp  # noqa: E402


class KernelApp(IPKernelApp):
    """ipykernel, whose sockets keep what cannot be sent yet instead of dropping it."""

    name = "ipython-kernel"

    def _bind_socket(self, s, port):
        s.set_hwm(0)
        return super()._bind_socket(s, port)


def reach_google_colab():
    """Other packages' .pth files may have made `google` before the path of ours was looked at."""
    google = sys.modules.get("google")
    ours = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "google")
    if google is not None and ours not in google.__path__:
        google.__path__.append(ours)


def die_with_launcher():
    import ctypes

    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        os._exit(1)


def main():
    connection = sys.argv[1]
    die_with_launcher()
    reach_google_colab()
    sys.argv[:] = ["ipykernel_launcher.py", "-f", connection]
    app = KernelApp.instance()
    app.initialize(["-f", connection, "--HistoryManager.hist_file=:memory:"])
    gc.enable()
    app.start()


main()
