import os
import sys

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from notebay_launcher.spawn import Options, spawn  # noqa: E402

options = Options(sys.argv[1:])
spare = spawn(options) if options.spare else None  # before the imports below: it is what people wait for

from notebay_launcher.launcher import Launcher  # noqa: E402

sys.exit(Launcher(options, spare).run())
