"""Run by test_core_command: a hook finds boxed, which is nowhere on the
path."""

import importlib.machinery
import os
import runpy
import sys

where = os.environ["PYTHONPATH"]
sys.path.remove(where)


class Hook:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return importlib.machinery.PathFinder.find_spec(
            name, [where] if path is None else path
        )


sys.meta_path.append(Hook)
sys.argv[1:] = ["run", "math:sqrt", "4"]
runpy.run_module("boxed", run_name="__main__")
