"""Run by test_config: prints why such a file is refused."""

import pathlib
import sys

from boxed._install import configuration

path = pathlib.Path(sys.argv[0]).with_name("boxed.conf")
path.write_text("allow-user 998")
path.chmod(0o644)
try:
    configuration.read(str(path))
except configuration.ConfigError as error:
    print(error)
