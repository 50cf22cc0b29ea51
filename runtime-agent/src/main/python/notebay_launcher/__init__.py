"""Starts the kernels of one session and carries what they say to the agent.

It is the only program of Notebay inside the sandbox, needs nothing but Python's standard library, and is
started by its directory, so that Python's isolated mode keeps the session's files out of it:

    python3 -I -S /opt/notebay/python/notebay_launcher \
        --link /run/notebay/link/agent.sock --scratch /tmp/notebay --cwd /content

(`python3 -m notebay_launcher` with the parent directory on PYTHONPATH does the same.) Options:

    --link SOCKET    the unix socket on which the agent listens; it may appear later, and come and go
    --scratch DIR    its own directory, made if missing: connection files and the kernels' sockets; at most 60
                     bytes, because a unix socket's path must stay short
    --cwd DIR        where kernels start
    --python EXE     the Python that has ipykernel (the launcher's own)
    --volume DIR     sets NOTEBAY_VOLUME for kernels: where the person's volume is mounted
    --umask OCTAL    which permissions new files lack (those of whoever starts it)
    --no-spare       do not start a kernel before one is asked for

It ends, with all kernels, on SIGTERM, SIGINT, or when the agent says `exit`. Everything else in its environment
is passed on to the kernels.

How it starts: first of all one spare kernel, before anything else is even imported; the first kernel that the
agent asks for is that one. How it talks: JSON lines on one control connection, and one connection per kernel and
channel for the raw ZMTP frames that the kernel sent. The agent answers each channel's first line with the offset
up to which it has that stream already, and later says up to where it is safe on disk: until then, and up to
WINDOW bytes, the launcher keeps it. So an agent may die at any moment and lose nothing.
"""
