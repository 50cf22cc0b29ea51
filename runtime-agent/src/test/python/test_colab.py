"""google.colab as notebooks use it. Run with the package's parent directory on PYTHONPATH."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from google.colab import drive, errors, runtime, userdata


class ColabTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name).resolve()
        self.volume = self.root / "volume"
        self.volume.mkdir()
        (self.root / "content").mkdir()
        self.place = str(self.root / "content" / "drive")
        patch = mock.patch.dict(os.environ, {"NOTEBAY_VOLUME": str(self.volume)})
        patch.start()
        self.addCleanup(patch.stop)
        drive._mounted.clear()

    def said(self, action, *arguments, **options):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            action(*arguments, **options)
        return out.getvalue().strip()


class DriveTest(ColabTest):
    def test_mounts_and_writes_to_the_volume(self):
        self.assertEqual(self.said(drive.mount, self.place), f"Mounted at {self.place}")
        pathlib.Path(self.place, "MyDrive", "a.txt").write_text("x")
        self.assertEqual((self.volume / "a.txt").read_text(), "x")

    def test_says_when_it_is_mounted_already(self):
        self.said(drive.mount, self.place)
        self.assertEqual(
            self.said(drive.mount, self.place),
            f"Drive already mounted at {self.place}; to attempt to forcibly "
            f'remount, call drive.mount("{self.place}", force_remount=True).',
        )
        self.assertEqual(self.said(drive.mount, self.place, force_remount=True), f"Mounted at {self.place}")

    def test_refuses_what_colab_refuses(self):
        (self.root / "file").write_text("")
        (self.root / "full").mkdir()
        (self.root / "full" / "x").write_text("")
        (self.root / "link").symlink_to(self.volume)
        for place, message in (
            (self.root / "a b", "Mountpoint must not contain a space."),
            (self.root / "link", "Mountpoint must not be a symlink"),
            (self.root / "full", "Mountpoint must not already contain files"),
            (self.root / "file", "Mountpoint must either be a directory or not exist"),
            (self.root / "no" / "parent", "Mountpoint must be in a directory that exists"),
        ):
            with self.subTest(message), self.assertRaises(ValueError) as raised:
                drive.mount(str(place))
            self.assertEqual(str(raised.exception), message)

    def test_says_how_to_get_a_volume(self):
        for value in ("", "/nowhere"):
            with mock.patch.dict(os.environ, {"NOTEBAY_VOLUME": value}):
                with self.assertRaisesRegex(NotImplementedError, "--volume"):
                    drive.mount(self.place)

    def test_unmounts_and_mounts_again(self):
        nothing = "Drive not mounted, so nothing to flush and unmount."
        self.assertEqual(self.said(drive.flush_and_unmount), nothing)
        self.said(drive.mount, self.place)
        self.assertEqual(self.said(drive.flush_and_unmount), "")
        self.assertEqual(os.listdir(self.place), [])
        self.assertEqual(self.said(drive.flush_and_unmount), nothing)
        self.assertEqual(self.said(drive.mount, self.place), f"Mounted at {self.place}")

    def test_a_working_directory_in_it_survives_unmounting(self):
        self.addCleanup(os.chdir, os.getcwd())
        self.said(drive.mount, self.place)
        os.chdir(self.place + "/MyDrive")
        pathlib.Path("kept").write_text("x")
        self.said(drive.flush_and_unmount)
        self.assertEqual(os.listdir("."), ["kept"])
        self.said(drive.mount, self.place)
        self.assertEqual(pathlib.Path("kept").read_text(), "x")

    def test_shows_the_working_directory_as_it_was_asked_for(self):
        self.addCleanup(os.chdir, os.getcwd())
        (self.volume / "sub").mkdir()
        (self.root / "volume2").mkdir()
        self.said(drive.mount, self.place)
        for directory in (self.place + "/MyDrive", self.place + "/MyDrive/sub", str(self.root / "volume2")):
            os.chdir(directory)
            self.assertEqual(os.getcwd(), directory)
            self.assertEqual(os.getcwdb(), os.fsencode(directory))
            self.assertEqual(str(pathlib.Path.cwd()), directory)
            self.assertEqual(subprocess.check_output("pwd", shell=True, text=True).strip(), directory)
        os.chdir(self.place + "/MyDrive/sub")
        self.assertEqual(os.path.abspath("x"), self.place + "/MyDrive/sub/x")
        self.assertEqual(os.path.realpath("x"), str(self.volume / "sub" / "x"))
        self.assertEqual(os.path.realpath(b""), os.fsencode(self.volume / "sub"))
        self.said(drive.flush_and_unmount)
        self.assertEqual(os.getcwd(), str(self.volume / "sub"))
        self.assertEqual(subprocess.check_output("pwd", shell=True, text=True).strip(), str(self.volume / "sub"))

    def test_another_kernel_of_the_session_finds_it_mounted(self):
        self.said(drive.mount, self.place)
        drive._mounted.clear()
        self.assertIn("already mounted", self.said(drive.mount, self.place))
        self.assertEqual(self.said(drive.flush_and_unmount), "")


class UserdataTest(ColabTest):
    def test_reads_a_secret(self):
        secrets = self.volume / ".notebay" / "secrets"
        secrets.mkdir(parents=True)
        (secrets / "TOKEN").write_text("s3cret\n")
        self.assertEqual(userdata.get("TOKEN"), "s3cret")

    def test_refuses_what_is_not_there_or_no_name(self):
        for key in ("ABSENT", "../TOKEN", "a/b", ".hidden", "x" * 300):
            with self.subTest(key), self.assertRaises(userdata.SecretNotFoundError):
                userdata.get(key)
        with self.assertRaisesRegex(ValueError, "valid secret name"):
            userdata.get("")
        with self.assertRaisesRegex(ValueError, "whitespace"):
            userdata.get("a b")


class RuntimeTest(ColabTest):
    def test_says_that_nobody_can_be_asked(self):
        for socket in ("", str(self.root / "absent.sock")):
            with mock.patch.dict(os.environ, {"NOTEBAY_RUNTIME_SOCKET": socket}):
                with self.assertRaises(errors.RuntimeManagementError):
                    runtime.unassign()


class NamespaceTest(ColabTest):
    def test_other_google_packages_are_found_also_when_they_come_later(self):
        ours = os.path.dirname(os.path.dirname(os.path.dirname(drive.__file__)))
        code = f"""
import sys, os, pathlib
import google.colab.drive
for name, init in (("regular", True), ("namespace", False)):
    package = pathlib.Path({str(self.root)!r}, name, "google", name)
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("found = 1")
    if init:
        (package.parent / "__init__.py").write_text("")
    sys.path.append(str(package.parent.parent))
import google.regular, google.namespace
assert google.regular.found and google.namespace.found
import google.colab.userdata
"""
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": ours})


if __name__ == "__main__":
    unittest.main()
