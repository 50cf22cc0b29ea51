"""The person's volume as `MyDrive`, as Colab shows Google Drive.

The volume is mounted already, at the path in NOTEBAY_VOLUME; mounting it here only makes it appear where the
notebook wants it, so that it needs no privilege.
"""

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
            _mounted.add(_os.path.abspath(mountpoint))
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
    _mounted.add(_os.path.abspath(mountpoint))
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
