"""What bash offers after `perigee ...` and Tab."""

import subprocess
import unittest

from processes import PERIGEE, SiteTest

USAGE = 64  # sysexits.h


class Completion(SiteTest):
    def offered(self, *words):
        """The words that stand where the last one is begun."""
        script = (f'source <({PERIGEE} completion bash); COMP_WORDS=(perigee "$@"); COMP_CWORD=$#; _perigee; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands_and_options_are_offered(self):
        self.assertEqual(self.offered("quar"), ["quarantine"])
        self.assertEqual(sorted(self.offered("mqtt", "c")), ["client", "clients"])
        self.assertEqual(self.offered("mqtt", "kick", "--e"), ["--end-session"])
        self.assertEqual(self.offered("mqtt", "kick", "some-client", "--js"), ["--json"])
        self.assertEqual(self.offered("nothing-like-it"), [])
        self.assertIn("run", self.offered(""))

    def test_a_shell_that_is_not_known_is_refused(self):
        self.assertEqual(self.perigee("completion", "tcsh").returncode, USAGE)
        self.assertTrue(self.perigee("completion", "zsh").stdout.startswith("autoload"))


if __name__ == "__main__":
    unittest.main()
