"""Modules that the caller has, wherever and however it found them."""

from __future__ import annotations

import pytest
from core import check, check_script
from places import project


def test_found_elsewhere(environment):
    """By a finder on sys.meta_path, by its file, on a path that was changed
    since; with what is in them, and nothing beside them."""
    check(
        environment,
        project(
            """
        import importlib.util, sys
        base = fresh()
        put(base, "edit/__init__.py", text="from .deep import read\\n")
        put(base, "edit/deep.py")
        data = put(base, "edit/data.txt", text="data")
        put(base, "single.py")
        put(base, "gone/gone_since.py",
            text=READ + "import gone_too as too\\n")
        put(base, "gone/gone_too.py")
        put(base, "lazy.py")
        secrets = [put(base, name, text="secret") for name in (
            ".env", "expected.txt", "edit/.env", "gone/secret.txt")]
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == "edit":
                    return importlib.util.spec_from_file_location(
                        name, base + "/edit/__init__.py")
        sys.meta_path.append(Finder)
        import edit
        spec = importlib.util.spec_from_file_location(
            "by_file", base + "/single.py")
        by_file = importlib.util.module_from_spec(spec)
        sys.modules["by_file"] = by_file
        spec.loader.exec_module(by_file)
        sys.path.insert(0, base + "/gone")
        import gone_since
        del sys.path[0]
        for read in (edit.read, by_file.read, gone_since.read,
                     gone_since.too.read):
            assert see(data, read), read
            for path in secrets:
                assert open(path).read() == "secret"
                assert not see(path, read), (path, read)
                assert see(path, read, read=[path]), (path, read)
        # One that is not imported here, but named.
        Finder.find_spec = staticmethod(
            lambda name, path=None, target=None:
            importlib.util.spec_from_file_location(name, base + "/lazy.py")
            if name == "lazy" else None)
        source = "__import__('lazy').read('/dev/null')"
        refused(ModuleNotFoundError, run, eval, (source,))
        assert run(eval, (source,), imports=["lazy"]) == b""
        shutil.rmtree(base)
        """
        ),
    )


def test_editable_installation(environment):
    """setuptools' finder: a package is there though the caller, who installed
    it, has not imported it."""
    check(
        environment,
        project(
            """
        import importlib.util, types
        base = fresh()
        put(base, "src/edited/__init__.py")
        hook = types.ModuleType("__editable___edited_1_0_finder")
        hook.MAPPING = {"edited": base + "/src/edited"}
        class Finder:
            @classmethod
            def find_spec(cls, name, path=None, target=None):
                if name in hook.MAPPING:
                    return importlib.util.spec_from_file_location(
                        name, hook.MAPPING[name] + "/__init__.py")
        Finder.__module__ = hook.__name__
        sys.modules[hook.__name__] = hook
        sys.meta_path.append(Finder)
        assert "edited" not in sys.modules
        source = "__import__('edited').read('/dev/null')"
        assert run(eval, (source,)) == b""
        assert "edited" not in sys.modules
        shutil.rmtree(base)
        """
        ),
    )


def test_namespace_packages(environment):
    """Spread over several places: what the caller has imported from is there,
    of all of them; for another the message says how to name it."""
    check(
        environment,
        project(
            """
        one, two = fresh(), fresh()
        sys.path[:0] = [one, two]
        put(one, "spread/first.py")
        put(two, "spread/second.py")
        put(two, "spread/sub/third.py")
        put(two, "spread/pack/__init__.py")
        data = put(two, "spread/pack/data.txt", text="data")
        secrets = [put(two, name, text="secret") for name in (
            "spread/secret.txt", "spread/sub/.env", "spread/pack/.env")]
        put(one, "unknown/module.py")
        from spread import first
        assert see(data, first.read)
        for name in ("second", "sub.third", "pack"):
            source = (f"__import__('importlib').import_module"
                      f"('spread.{name}').read('/dev/null')")
            assert run(eval, (source,)) == b"", name
        for path in secrets:
            assert open(path).read() == "secret"
            assert not see(path, first.read), path
            assert see(path, first.read, read=[path]), path
        source = "__import__('unknown.module').module.read('/dev/null')"
        # Without mounts it is there, and closed.
        kinds = (ModuleNotFoundError, PermissionError)
        error = refused(kinds, run, eval, (source,))
        assert "imports=['unknown']" in str(error), error
        assert run(eval, (source,), imports=["unknown"]) == b""
        shutil.rmtree(one), shutil.rmtree(two)
        """
        ),
    )


def test_parents_that_were_made_up(environment):
    """As pytest makes them with its import mode `importlib`."""
    check(
        environment,
        project(
            """
        import importlib.util, types
        base = fresh()
        path = put(base, "tests/unit/test_it.py")
        secret = put(base, "tests/unit/secret", text="secret")
        for name in ("tests", "tests.unit"):
            sys.modules[name] = types.ModuleType(name)
        spec = importlib.util.spec_from_file_location(
            "tests.unit.test_it", path)
        made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        sys.modules["tests.unit"].test_it = made
        assert see(path, made.read)
        assert not see(secret, made.read)
        assert see(secret, made.read, read=[secret])
        shutil.rmtree(base)
        """
        ),
    )


def test_zip_files(environment):
    """On the path, whatever their mode where they are copied."""
    check(
        environment,
        project(
            """
        import zipfile
        base = fresh()
        path = base + "/some.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("zipped.py", READ)
        if ISOLATION in ("full", "rootless"):
            os.chmod(path, 0o600)
        put(base, "secret", text="secret")
        sys.path.insert(0, path)
        import zipped
        assert run(zipped.read, ("/dev/null",)) == b""
        assert not see(base + "/secret", zipped.read)
        assert see(base + "/secret", zipped.read, read=[base + "/secret"])
        shutil.rmtree(base)
        """
        ),
    )


def test_source_and_data_by_the_loader(environment):
    """importlib.resources, inspect and tracebacks find what they look for."""
    check(
        environment,
        project(
            """
        base = fresh()
        sys.path.insert(0, base)
        put(base, "pack/__init__.py", text=(
            "import importlib.resources, inspect, pkgutil\\n"
            "def find():\\n"
            "    return (pkgutil.get_data('pack', 'data.txt'),\\n"
            "            importlib.resources.files('pack').joinpath(\\n"
            "                'data.txt').read_text(),\\n"
            "            'def find' in inspect.getsource(find))\\n"
            "def fail():\\n"
            "    raise ValueError(1)  # this line\\n"))
        put(base, "pack/data.txt", text="data")
        import pack
        assert run(pack.find) == (b"data", "data", True)
        error = refused(ValueError, run, pack.fail)
        assert "# this line" in error.traceback
        shutil.rmtree(base)
        """
        ),
    )


def test_closed_to_another_user(make_environment):
    """Where nothing is mounted and the guest is another user, what its mode
    closes is named, and the remedy, carried out, mends it."""
    check(
        make_environment("docker-user"),
        project(
            """
        import subprocess
        base = fresh()
        os.mkdir(base + "/closed")
        sys.path.insert(0, base + "/closed")
        put(base, "closed/pack/__init__.py", mode=0o600)
        put(base, "closed/pack/deep/inner.py", mode=0o600)
        os.chmod(base + "/closed", 0o700)
        os.chmod(base + "/closed/pack", 0o700)
        os.chmod(base, 0o700)
        import pack.deep.inner
        error = refused(ModuleNotFoundError, run, pack.deep.inner.read,
                        ("/dev/null",))
        assert base + "/closed/pack" in str(error), error
        subprocess.run(str(error).split("`")[1], shell=True, check=True)
        from boxed._live import registry
        registry.close_all()
        assert run(pack.deep.inner.read, ("/dev/null",)) == b""
        shutil.rmtree(base)
        """
        ),
    )


def test_path_names_what_instead(environment):
    """The caller's own places are not there, those that are named are; of
    them too modules only."""
    check(
        environment,
        project(
            """
        import pathlib
        own, other = fresh(), fresh()
        sys.path.insert(0, own)
        put(own, "mine.py")
        put(other, "theirs.py")
        secret = put(other, "secret", text="secret")
        mine = "__import__('mine').read('/dev/null')"
        theirs = "__import__('theirs').read('/dev/null')"
        look = f"__import__('theirs').read({secret!r})"
        assert run(eval, (mine,)) == b""
        refused(ModuleNotFoundError, run, eval, (theirs,))
        for path in ([other], (pathlib.Path(other),)):
            assert run(eval, (theirs,), path=path) == b""
            error = refused(ModuleNotFoundError, run, eval, (mine,), path=path)
            assert "path= does not name" in str(error), error
            refused(OSError, run, eval, (look,), path=path)
            assert run(eval, (look,), path=path, read=[secret]) == b"secret"
        assert run(eval, (mine,), path=[other, own]) == b""
        refused(ModuleNotFoundError, run, eval, (mine,), path=[])
        with Sandbox(path=[other]) as sandbox:
            assert sandbox.run(eval, (theirs,)) == b""
        # Not understood is not granted.
        for path in (own, b"x", own.encode(), 1, [1], [None], {own: 1}):
            refused(TypeError, run, abs, (1,), path=path)
        refused(ValueError, run, abs, (1,), path=[own + "/mine.py"])
        refused(ValueError, run, abs, (1,), path=[""])
        refused(FileNotFoundError, run, abs, (1,), path=[own + "/nothing"])
        shutil.rmtree(own), shutil.rmtree(other)
        """
        ),
    )


def test_path_of_the_command_line(make_environment):
    """`--path` in place of the current directory."""
    check(
        make_environment("root"),
        project(
            """
        import subprocess
        own, other = fresh(), fresh()
        put(own, "mine.py", text="def f(): return 1")
        put(own, "spread/mine.py", text="def f(): return 2")
        put(other, "theirs.py", text="def f(): return 3")
        os.chdir(own)
        def boxed_run(*words):
            command = [sys.executable, "-m", "boxed", "run", *words]
            done = subprocess.run(command, capture_output=True, text=True)
            return done.stdout.strip() or done.stderr.strip().split("\\n")[-1]
        assert boxed_run("mine:f") == "1"
        assert boxed_run("spread.mine:f") == "2"
        assert "No module" in boxed_run("theirs:f")
        assert boxed_run("--path", other, "theirs:f") == "3"
        assert "No module" in boxed_run("--path", other, "mine:f")
        assert boxed_run("--path", other, "--path", own, "mine:f") == "1"
        assert "nothing" in boxed_run("--path", own + "/no", "mine:f")
        """
        ),
        env={"PYTHONPATH": ""},
    )


@pytest.mark.parametrize("name", ["user", "rootless", "kubernetes"])
def test_a_script_and_its_sibling(make_environment, name):
    """Functions of the script and of a module beside it."""
    check_script(
        make_environment(name),
        project(
            """
        here = os.path.dirname(os.path.abspath(__file__))
        secret = os.path.join(here, ".env")
        def read(path):
            return open(path, "rb").read(9)
        if __name__ == "__main__":
            put(here, "sibling.py")
            put(here, ".env", text="secret")
            import sibling
            for reader in (read, sibling.read):
                assert run(reader, ("/dev/null",)) == b""
                assert not see(secret, reader)
                assert see(secret, reader, read=[secret])
        """
        ),
    )


@pytest.mark.parametrize("name", ["root", "user", "kubernetes"])
@pytest.mark.parametrize("way", ["directory", "zip", "package"])
def test_programs_that_are_no_script(make_environment, name, way):
    """Of a directory, a zip file or a package that is run, its functions and
    its modules."""
    environment = make_environment(name)
    check(
        environment,
        project(
            """
        import subprocess, zipapp
        base = fresh()
        secret = put(base, "app/secret.txt", text="secret")
        put(base, "app/sibling.py")
        put(base, "app/__main__.py", text=f'''
import boxed
try:
    from . import sibling
except ImportError:
    import sibling
def see(path, reader, **options):
    try:
        return boxed.run(reader, (path,), isolation={ISOLATION!r},
                         **options) == b"secret"
    except OSError:
        return False
def own(path):
    return open(path, "rb").read(9)
if __name__ == "__main__":
    path = {secret!r}
    for reader in (own, sibling.read):
        assert open(path).read() == "secret"
        assert not see(path, reader)
        assert see(path, reader, read=[path])
    print("done")
''')
        zipapp.create_archive(base + "/app", base + "/app.pyz")
        os.chmod(base + "/app.pyz", 0o644)
        way = sys.argv[1]
        words = {"directory": [base + "/app"], "zip": [base + "/app.pyz"],
                 "package": ["-m", "app"]}[way]
        if way == "package":
            put(base, "app/__init__.py", text="")
            # Its data is its own, unless it is hidden.
            os.rename(secret, base + "/app/.secret.txt")
            main = base + "/app/__main__.py"
            text = open(main).read().replace("/secret.txt", "/.secret.txt")
            put(main, text=text)
        done = subprocess.run([sys.executable, *words], cwd=base,
                              capture_output=True, text=True)
        assert done.stdout == "done\\n", done
        shutil.rmtree(base)
        """
        ),
        way,
    )
