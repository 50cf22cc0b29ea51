"""The person's volume as `MyDrive`, as Colab shows Google Drive.

The volume is mounted already, at the path in NOTEBAY_VOLUME; mounting it here only makes it appear where the
notebook wants it, so that it needs no privilege.
"""

import functools as _functools
import os as _os

__all__ = ["flush_and_unmount", "mount"]

_NAME = "MyDrive"
_mounted = set()


def mount(mountpoint, force_remount=False, timeout_ms=120000, readonly=False):
    """Makes the session's volume appear as `MyDrive` in the directory `mountpoint`."""
    del timeout_ms  # nothing here takes time
    if " " in mountpoint:
        raise ValueError("Mountpoint must not contain a space.")
    volume = _volume()
    if readonly:
        raise NotImplementedError("readonly=True is not supported in Notebay: the volume is mounted for reading and writing.")
    mountpoint = _os.path.expanduser(mountpoint)
    if _is_mounted(mountpoint, volume):
        if not force_remount:
            _show_at(mountpoint)
            print(
                f"Drive already mounted at {mountpoint}; to attempt to forcibly "
                f'remount, call drive.mount("{mountpoint}", force_remount=True).'
            )
            return
        _remove(mountpoint)
    if _os.path.islink(mountpoint):
        raise ValueError("Mountpoint must not be a symlink")
    if _os.path.isdir(mountpoint) and _os.listdir(mountpoint):
        raise ValueError("Mountpoint must not already contain files")
    if not _os.path.isdir(mountpoint) and _os.path.exists(mountpoint):
        raise ValueError("Mountpoint must either be a directory or not exist")
    normed = _os.path.normpath(mountpoint)
    if "/" in normed and not _os.path.exists(_os.path.dirname(normed)):
        raise ValueError("Mountpoint must be in a directory that exists")
    _os.makedirs(mountpoint, exist_ok=True)
    _os.symlink(volume, _os.path.join(mountpoint, _NAME))
    _show_at(mountpoint)
    print(f"Mounted at {mountpoint}")


def flush_and_unmount(timeout_ms=24 * 60 * 60 * 1000):
    """Writes all that is not on the volume yet to it, and takes `MyDrive` away again."""
    del timeout_ms
    volume = _os.environ.get("NOTEBAY_VOLUME", "")
    places = {place for place in _mounted if _is_mounted(place, volume)}
    if not volume or not places:
        _mounted.clear()
        print("Drive not mounted, so nothing to flush and unmount.")
        return
    _os.sync()
    for place in places:
        _remove(place)
    _mounted.clear()


def _show_at(mountpoint):
    """The system knows a working directory in MyDrive only by its path on the volume; Colab shows the one asked for."""
    _mounted.add(_os.path.abspath(mountpoint))
    if not hasattr(_os.getcwd, "__wrapped__"):
        _os.path.realpath = _without_links(_os.path.realpath, _os.getcwd, _os.getcwdb)
        _os.getcwd, _os.getcwdb, _os.chdir = _shown(_os.getcwd), _shown(_os.getcwdb), _telling_shells(_os.chdir)


def _shown(getcwd):
    @_functools.wraps(getcwd)
    def shown():
        path = getcwd()
        volume = _os.environ.get("NOTEBAY_VOLUME", "")
        for place in sorted(_mounted):
            if _is_mounted(place, volume):
                known, asked = volume, _os.path.join(place, _NAME)
                if isinstance(path, bytes):
                    known, asked = _os.fsencode(known), _os.fsencode(asked)
                rest = path[len(known) :]
                if path.startswith(known) and rest[:1] in ("", "/", b"", b"/"):
                    return asked + rest
        return path

    return shown


def _without_links(realpath, getcwd, getcwdb):
    @_functools.wraps(realpath)
    def without_links(filename, **options):
        path = _os.fspath(filename)
        if not _os.path.isabs(path):
            path = _os.path.join(getcwdb() if isinstance(path, bytes) else getcwd(), path)
        return realpath(path, **options)

    return without_links


def _telling_shells(chdir):
    @_functools.wraps(chdir)
    def telling(path):
        chdir(path)
        try:
            _os.environ["PWD"] = _os.getcwd()  # a shell believes it if it is the same directory
        except OSError:
            _os.environ.pop("PWD", None)

    return telling


def _volume():
    volume = _os.environ.get("NOTEBAY_VOLUME", "")
    if not volume or not _os.path.isdir(volume):
        raise NotImplementedError(
            "Mounting drive is unsupported in this environment: this session has no volume. Start a session with one, for "
            "example `notebay run --volume drive NOTEBOOK`."
        )
    return volume


def _is_mounted(mountpoint, volume):
    link = _os.path.join(mountpoint, _NAME)
    return bool(volume) and _os.path.islink(link) and _os.readlink(link) == volume


def _remove(mountpoint):
    """A process whose working directory is in MyDrive goes on: its directory is on the volume itself."""
    _os.unlink(_os.path.join(mountpoint, _NAME))
