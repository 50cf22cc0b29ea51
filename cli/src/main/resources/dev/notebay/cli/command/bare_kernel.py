"""Starts an ipykernel by hand and executes 1+1, once for each line on standard input.

Prints the seconds from the start of the kernel's process to its first execute_reply.
"""

import os
import subprocess
import sys
import tempfile
import time

from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

for _ in sys.stdin:
    with tempfile.TemporaryDirectory() as directory:
        connection, _ = write_connection_file(os.path.join(directory, "kernel.json"))
        begun = time.perf_counter()
        kernel = subprocess.Popen(
            [sys.executable, "-m", "ipykernel_launcher", "-f", connection],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = BlockingKernelClient(connection_file=connection)
        client.load_connection_file()
        client.start_channels()
        client.execute("1+1")
        while client.get_shell_msg(timeout=60)["msg_type"] != "execute_reply":
            pass
        print(time.perf_counter() - begun, flush=True)
        client.stop_channels()
        kernel.kill()
        kernel.wait()
