"""A namespace shared with every other `google.*` package, also with those installed later in the session."""

import pkgutil


class _Path(list):
    def __iter__(self):
        return iter(pkgutil.extend_path(list(self[:]), __name__))


__path__ = _Path(__path__)
